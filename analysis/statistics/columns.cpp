#include "analysis/statistics/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "analysis/statistics/ranks.h"

namespace zcp::statistics {

void require_equal_lengths(
    std::span<const double> x,
    std::span<const double> y) {
  if (x.size() != y.size()) {
    throw std::invalid_argument("columns of different lengths");
  }
}

std::vector<double> ranked_last(std::span<const double> column) {
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  const auto is_nan = [](double value) { return std::isnan(value); };
  std::vector<double> out(column.begin(), column.end());
  if (std::ranges::none_of(column, is_nan)) return out;
  if (std::ranges::find(column, kLowest) == column.end()) {
    std::ranges::replace_if(out, is_nan, kLowest);
    return out;
  }
  const Levels levels = dense_levels(column);
  return {levels.level.begin(), levels.level.end()};
}

ColumnPair settle_missing(
    std::span<const double> x,
    std::span<const double> y,
    Missing missing) {
  require_equal_lengths(x, y);
  if (missing == Missing::last) return {ranked_last(x), ranked_last(y)};
  ColumnPair out;
  out.x.reserve(x.size());
  out.y.reserve(y.size());
  for (std::size_t row = 0; row < x.size(); ++row) {
    if (std::isnan(x[row]) || std::isnan(y[row])) continue;
    out.x.push_back(x[row]);
    out.y.push_back(y[row]);
  }
  return out;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

std::vector<double> deviations(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      return std::vector<double>(
          values.size(), std::numeric_limits<double>::quiet_NaN());
    }
    largest = std::max(largest, std::abs(value));
  }
  // Scaling by powers of two is exact. The first mean is off by a rounding of
  // the offset; what the values then have in common is taken off as well.
  int exponent = 0;
  std::frexp(largest, &exponent);
  std::vector<long double> scaled;
  long double sum = 0;
  for (const double value : values) {
    scaled.push_back(std::ldexp(static_cast<long double>(value), -exponent));
    sum += scaled.back();
  }
  const auto count = static_cast<long double>(values.size());
  for (int pass = 0; pass < 2; ++pass) {
    const long double mean = sum / count;
    sum = 0;
    for (long double& value : scaled) sum += value -= mean;
  }
  long double farthest = 0;
  for (const long double value : scaled) {
    farthest = std::max(farthest, std::abs(value));
  }
  std::frexp(farthest, &exponent);
  std::vector<double> out;
  out.reserve(scaled.size());
  for (const long double value : scaled) {
    out.push_back(static_cast<double>(std::ldexp(value, -exponent)));
  }
  return out;
}

}  // namespace zcp::statistics
