#include "analysis/statistics/ranks.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace zcp::statistics {

std::vector<std::int64_t> level_counts(const Levels& levels) {
  std::vector<std::int64_t> counts(levels.count);
  for (const std::uint32_t level : levels.level) ++counts[level];
  return counts;
}

std::vector<std::int64_t> counts_below(
    const std::vector<std::int64_t>& counts) {
  std::vector<std::int64_t> below(counts.size());
  std::exclusive_scan(
      counts.begin(), counts.end(), below.begin(), std::int64_t{0});
  return below;
}

std::vector<double> average_ranks(std::span<const double> values) {
  const Levels levels = dense_levels(values);
  const std::vector<std::int64_t> counts = level_counts(levels);
  const std::vector<std::int64_t> below = counts_below(counts);
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t level = levels.level[i];
    ranks[i] = static_cast<double>(below[level]) +
               static_cast<double>(counts[level] + 1) / 2;
  }
  return ranks;
}

Levels dense_levels(std::span<const double> values) {
  std::vector<std::pair<double, std::uint32_t>> sorted;
  sorted.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    sorted.emplace_back(values[i], static_cast<std::uint32_t>(i));
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.first < b.first;
  });
  Levels levels;
  levels.level.resize(values.size());  // 0, where the values are NaN
  levels.count = sorted.size() < values.size() ? 1 : 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i].first != sorted[i - 1].first) ++levels.count;
    levels.level[sorted[i].second] = levels.count - 1;
  }
  return levels;
}

std::vector<std::uint32_t> descending_order(const Levels& x, const Levels& y) {
  std::vector<std::uint32_t> order(x.level.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    return std::pair(x.level[a], y.level[a]) >
           std::pair(x.level[b], y.level[b]);
  });
  return order;
}

}  // namespace zcp::statistics
