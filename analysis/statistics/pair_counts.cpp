#include "analysis/statistics/pair_counts.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/fenwick.h"
#include "analysis/statistics/ranks.h"
#include "analysis/statistics/runs_of_equals.h"
#include "common/missing.h"

namespace zcp::statistics {
namespace {

struct Point {
  double x;
  double y;
};

bool x_then_y(const Point& a, const Point& b) {
  return a.x < b.x || (a.x == b.x && a.y < b.y);
}

std::vector<Point> sorted_points(
    std::span<const double> x,
    std::span<const double> y) {
  std::vector<Point> points(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) points[i] = {x[i], y[i]};
  std::sort(points.begin(), points.end(), x_then_y);
  return points;
}

template <typename Range, typename Equal>
std::int64_t count_ties(const Range& range, Equal equal) {
  std::int64_t ties = 0;
  for_each_run(range, equal, [&](std::size_t first, std::size_t last) {
    ties += pairs_of(static_cast<std::int64_t>(last - first));
  });
  return ties;
}

/// Merges two sorted halves and counts the pairs that were out of order.
std::int64_t merge_halves(
    std::span<const double> left,
    std::span<const double> right,
    double* out) {
  std::int64_t exchanges = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left.size() && j < right.size()) {
    const bool take_right = right[j] < left[i];
    *out++ = take_right ? right[j] : left[i];
    exchanges += take_right ? static_cast<std::int64_t>(left.size() - i) : 0;
    j += take_right ? 1 : 0;
    i += take_right ? 0 : 1;
  }
  out =
      std::copy(left.begin() + static_cast<std::ptrdiff_t>(i), left.end(), out);
  std::copy(right.begin() + static_cast<std::ptrdiff_t>(j), right.end(), out);
  return exchanges;
}

/// Sorts `values` and returns how many pairs stood in descending order.
std::int64_t sort_counting(std::vector<double>& values) {
  std::vector<double> other(values.size());
  std::int64_t exchanges = 0;
  for (std::size_t width = 1; width < values.size(); width *= 2) {
    const std::span<const double> from(values);
    for (std::size_t at = 0; at < values.size(); at += 2 * width) {
      const std::size_t middle = std::min(at + width, values.size());
      const std::size_t end = std::min(at + 2 * width, values.size());
      exchanges += merge_halves(
          from.subspan(at, middle - at),
          from.subspan(middle, end - middle),
          other.data() + at);
    }
    values.swap(other);
  }
  return exchanges;
}

/// A column's levels with how many rows lie at and below each.
struct Margin {
  explicit Margin(std::span<const double> values)
      : levels(dense_levels(values)),
        counts(level_counts(levels)),
        below(counts_below(counts)) {}

  Levels levels;
  std::vector<std::int64_t> counts;
  std::vector<std::int64_t> below;
};

/// True for two rows on the same level.
auto equal_level(const Levels& levels) {
  return [&levels](std::uint32_t a, std::uint32_t b) {
    return levels.level[a] == levels.level[b];
  };
}

/// The counts about `row`, one of the rows that are equal in both columns: they
/// are at [begin, end) among the rows of their level of y, which are sorted by
/// ascending x. `lower` holds the levels of x of all rows with a lower y.
RowCounts about_row(
    const Margin& x,
    const Margin& y,
    std::uint32_t row,
    std::size_t begin,
    std::size_t end,
    const Fenwick& lower) {
  const std::uint32_t level_x = x.levels.level[row];
  const std::uint32_t level_y = y.levels.level[row];
  const std::int64_t both_lower = lower.below(level_x);
  const std::int64_t higher_x_lower_y =
      y.below[level_y] - lower.below(level_x + 1);
  const std::int64_t lower_x_higher_y =
      x.below[level_x] - both_lower - static_cast<std::int64_t>(begin);
  RowCounts counts;
  counts.x_ties = x.counts[level_x] - 1;
  counts.y_ties = y.counts[level_y] - 1;
  counts.joint_ties = static_cast<std::int64_t>(end - begin) - 1;
  counts.discordant = higher_x_lower_y + lower_x_higher_y;
  const auto others = static_cast<std::int64_t>(x.levels.level.size()) - 1;
  counts.concordant = others - counts.x_ties - counts.y_ties +
                      counts.joint_ties - counts.discordant;
  return counts;
}

}  // namespace

std::int64_t pairs_of(std::int64_t count) {
  return count * (count - 1) / 2;
}

std::int64_t PairCounts::balance() const {
  return pairs - x_ties - y_ties + joint_ties - 2 * discordant;
}

double PairCounts::tau_b() const {
  if (x_ties == pairs || y_ties == pairs) return kNan;
  const auto x_pairs = static_cast<double>(pairs - x_ties);
  const auto y_pairs = static_cast<double>(pairs - y_ties);
  const auto difference = static_cast<double>(balance());
  // Without roots a column has a tau of exactly 1 with itself.
  const double tau = x_ties == y_ties
                         ? difference / x_pairs
                         : difference / std::sqrt(x_pairs) / std::sqrt(y_pairs);
  return std::clamp(tau, -1.0, 1.0);
}

PairCounts count_pairs(std::span<const double> x, std::span<const double> y) {
  require_equal_lengths(x, y);
  const std::vector<Point> points = sorted_points(x, y);
  const auto same_x = [](const Point& a, const Point& b) { return a.x == b.x; };
  PairCounts counts;
  counts.rows = static_cast<std::int64_t>(x.size());
  counts.pairs = pairs_of(counts.rows);
  counts.x_ties = count_ties(points, same_x);
  counts.joint_ties = count_ties(points, [](const Point& a, const Point& b) {
    return a.x == b.x && a.y == b.y;
  });
  std::vector<double> by_x(points.size());
  std::transform(
      points.begin(), points.end(), by_x.begin(), [](const Point& p) {
        return p.y;
      });
  counts.discordant = sort_counting(by_x);
  counts.y_ties = count_ties(by_x, std::equal_to<>());
  return counts;
}

std::vector<RowCounts> count_rows(
    std::span<const double> x,
    std::span<const double> y) {
  require_equal_lengths(x, y);
  const Margin in_x(x);
  const Margin in_y(y);
  std::vector<RowCounts> rows(x.size());
  // Levels of y are taken in ascending order, each as a whole: when the counts
  // of a level are made, the tree holds just the rows with a lower y.
  std::vector<std::uint32_t> order = descending_order(in_y.levels, in_x.levels);
  std::reverse(order.begin(), order.end());
  Fenwick lower(in_x.levels.count);
  const auto by_x = equal_level(in_x.levels);
  const auto by_y = equal_level(in_y.levels);
  for_each_run(order, by_y, [&](std::size_t first, std::size_t last) {
    const auto same_y = std::span(order).subspan(first, last - first);
    for_each_run(same_y, by_x, [&](std::size_t begin, std::size_t end) {
      const std::uint32_t row = same_y[begin];
      const RowCounts counts = about_row(in_x, in_y, row, begin, end, lower);
      for (std::size_t at = begin; at < end; ++at) rows[same_y[at]] = counts;
    });
    for (const std::uint32_t row : same_y) lower.add(in_x.levels.level[row]);
  });
  return rows;
}

}  // namespace zcp::statistics
