#include "analysis/study/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "analysis/statistics/bootstrap.h"
#include "common/error.h"

namespace zcp::study {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return {};
  return value;
}

/// The number that an end of a range says; `open` where it says nothing.
double parse_end(std::string_view text, double open, std::string_view whole) {
  if (text.empty()) return open;
  const auto value = parse_number<double>(text);
  if (value && std::isfinite(*value)) return *value;
  throw UserError(
      "--range {}: found {}, expected COLUMN=LOW:HIGH with finite numbers",
      whole,
      text);
}

std::vector<double> sorted_numbers(std::span<const double> values) {
  std::vector<double> sorted;
  for (const double value : values) {
    if (!std::isnan(value)) sorted.push_back(value);
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

/// The quantile at which a bin ends. Between an infinite number and another
/// there is nothing to interpolate; whatever lay there would part the same
/// rows as the lower of the two does.
double edge_of(std::span<const double> sorted, double probability) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double next = sorted[std::min(below + 1, sorted.size() - 1)];
  if (std::isinf(sorted[below]) || std::isinf(next)) return sorted[below];
  return statistics::quantile(sorted, probability);
}

}  // namespace

Bins parse_bins(std::string_view text) {
  constexpr std::size_t kMost = 100;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && colon != 0) {
    const auto count = parse_number<std::size_t>(text.substr(colon + 1));
    if (count && *count >= 2 && *count <= kMost) {
      return {std::string(text.substr(0, colon)), *count};
    }
  }
  throw UserError(
      "--bins {}: expected COLUMN:COUNT with 2 to {} bins", text, kMost);
}

Range parse_range(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t colon = text.find(':', equals);
  if (equals == std::string_view::npos || equals == 0 ||
      colon == std::string_view::npos || text.size() == equals + 2) {
    throw UserError("--range {}: expected COLUMN=LOW:HIGH", text);
  }
  const std::string_view low = text.substr(equals + 1, colon - equals - 1);
  Range range;
  range.column = text.substr(0, equals);
  range.low = parse_end(low, -kInfinity, text);
  range.high = parse_end(text.substr(colon + 1), kInfinity, text);
  range.name = text;
  if (range.low > range.high) {
    throw UserError("--range {}: expected LOW not above HIGH", text);
  }
  return range;
}

std::vector<Subset> quantile_bins(
    const Bins& bins,
    std::span<const double> values) {
  const std::vector<double> sorted = sorted_numbers(values);
  std::vector<Subset> subsets;
  double above = -kInfinity;
  for (std::size_t bin = 1; bin <= bins.count; ++bin) {
    const double edge =
        edge_of(sorted, static_cast<double>(bin) / double(bins.count));
    // Nothing is below the first bin, and -inf is not above -inf.
    const auto is_in = [&](double value) {
      return (bin == 1 || value > above) && value <= edge;
    };
    Subset subset;
    double low = kInfinity;
    double high = -kInfinity;
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (!is_in(values[row])) continue;
      subset.rows.push_back(row);
      low = std::min(low, values[row]);
      high = std::max(high, values[row]);
    }
    above = edge;
    if (subset.rows.empty()) continue;
    subset.name = fmt::format(
        "{} bin {}/{}, {} to {}", bins.column, bin, bins.count, low, high);
    subsets.push_back(std::move(subset));
  }
  return subsets;
}

Subset range_rows(const Range& range, std::span<const double> values) {
  Subset subset{range.name, {}};
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (values[row] >= range.low && values[row] <= range.high) {
      subset.rows.push_back(row);
    }
  }
  if (!subset.rows.empty()) return subset;
  const std::vector<double> sorted = sorted_numbers(values);
  if (sorted.empty()) {
    throw UserError(
        "--range {}: no architecture has a value of {}",
        range.name,
        range.column);
  }
  throw UserError(
      "--range {}: none of the {} architectures is in it, {} goes from {} to "
      "{}",
      range.name,
      values.size(),
      range.column,
      sorted.front(),
      sorted.back());
}

}  // namespace zcp::study
