#include "analysis/search/regret.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace zcp::search {
namespace {

/// Rows that have both numbers, by ascending chooser; what equal ones show is
/// their mean.
std::vector<double> shown_by_place(
    std::span<const double> chooser,
    std::span<const double> shown) {
  std::vector<std::pair<double, double>> rows;
  for (std::size_t i = 0; i < chooser.size(); ++i) {
    if (std::isnan(chooser[i]) || std::isnan(shown[i])) continue;
    rows.emplace_back(chooser[i], shown[i]);
  }
  std::ranges::stable_sort(rows, {}, &std::pair<double, double>::first);
  std::vector<double> places(rows.size());
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin;
    double sum = 0;
    while (end < rows.size() && rows[end].first == rows[begin].first) {
      sum += rows[end++].second;
    }
    const double mean = sum / static_cast<double>(end - begin);
    while (begin < end) places[begin++] = mean;
  }
  return places;
}

}  // namespace

double expected_best(
    std::span<const double> chooser,
    std::span<const double> shown,
    std::size_t queries) {
  const std::vector<double> places = shown_by_place(chooser, shown);
  const std::size_t count = places.size();
  if (queries < 1 || queries > count) {
    throw std::invalid_argument(
        "a number of queries that the rows do not have");
  }
  // The chance that place i is the best of the draw, from the top down:
  // C(N - 1, n - 1) / C(N, n) = n / N, and each next one by a ratio.
  const auto n = static_cast<double>(queries);
  double chance = n / static_cast<double>(count);
  double sum = 0;
  for (std::size_t i = count; i >= queries; --i) {
    sum += chance * places[i - 1];
    const auto place = static_cast<double>(i);
    if (i > 1) chance *= (place - n) / (place - 1);
  }
  return sum;
}

std::size_t count_known(
    std::span<const double> chooser,
    std::span<const double> shown) {
  return shown_by_place(chooser, shown).size();
}

Estimate estimate(std::span<const double> values) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return {kNone, kNone, kNone};
  double mean = 0;
  for (const double value : values) mean += value;
  mean /= n;
  if (values.size() == 1) return {mean, kNone, kNone};
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half = 1.96 * std::sqrt(squares / (n - 1) / n);
  return {mean, mean - half, mean + half};
}

std::vector<std::size_t> shown_queries(std::size_t last) {
  std::vector<std::size_t> queries;
  std::size_t step = 1;
  for (std::size_t n = 1; n < last; n += step) {
    queries.push_back(n);
    if (n == 100 * step) step *= 10;
  }
  if (last > 0) queries.push_back(last);
  return queries;
}

}  // namespace zcp::search
