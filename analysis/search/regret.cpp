#include "analysis/search/regret.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "analysis/statistics/columns.h"
#include "common/missing.h"

namespace zcp::search {
namespace {

/// What a search shows that ends with the row of one place.
struct Place {
  double share = 1;  ///< of such searches that show something
  double sum = 0;    ///< what these show, times their share
};

struct Row {
  bool has = false;  ///< a row without a chooser is behind all others
  double chooser = 0;
  double shown = 0;
};

/// The rows by ascending chooser; equal ones are chosen alike.
std::vector<Place> places_of(
    std::span<const double> chooser,
    std::span<const double> shown) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < chooser.size(); ++i) {
    const bool has = !std::isnan(chooser[i]);
    rows.push_back({has, has ? chooser[i] : 0, shown[i]});
  }
  const auto key = [](const Row& row) {
    return std::pair(row.has, row.chooser);
  };
  std::ranges::stable_sort(rows, {}, key);
  std::vector<Place> places(rows.size());
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin;
    std::size_t known = 0;
    double sum = 0;
    for (; end < rows.size() && key(rows[end]) == key(rows[begin]); ++end) {
      if (!rows[end].has || std::isnan(rows[end].shown)) continue;
      sum += rows[end].shown;
      ++known;
    }
    const auto equal = static_cast<double>(end - begin);
    const Place place{static_cast<double>(known) / equal, sum / equal};
    while (begin < end) places[begin++] = place;
  }
  return places;
}

}  // namespace

double expected_best(
    std::span<const double> chooser,
    std::span<const double> shown,
    std::size_t queries) {
  const std::vector<Place> places = places_of(chooser, shown);
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
  double shows = 0;
  bool all = true;
  for (std::size_t i = count; i >= queries; --i) {
    const Place& row = places[i - 1];
    sum += chance * row.sum;
    shows += chance * row.share;
    all = all && row.share == 1;
    const auto place = static_cast<double>(i);
    if (i > 1) chance *= (place - n) / (place - 1);
  }
  if (all) return sum;
  return shows > 0 ? sum / shows : kNan;
}

Estimate estimate(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return {kNan, kNan, kNan};
  const double mean = statistics::mean(values);
  if (values.size() == 1) return {mean, kNan, kNan};
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
