#include "analysis/statistics/rank.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "analysis/statistics/fenwick.h"

namespace zcp::statistics {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Point {
  double x;
  double y;
};

bool x_then_y(const Point& a, const Point& b) {
  return a.x < b.x || (a.x == b.x && a.y < b.y);
}

std::int64_t pairs_of(std::int64_t count) {
  return count * (count - 1) / 2;
}

void require_equal_lengths(
    std::span<const double> x,
    std::span<const double> y) {
  if (x.size() != y.size()) {
    throw std::invalid_argument("columns of different lengths");
  }
}

bool has_nan(std::span<const double> values) {
  return std::any_of(values.begin(), values.end(), [](double value) {
    return std::isnan(value);
  });
}

bool constant(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double value) {
    return value == values.front();
  });
}

/// True where no correlation exists.
bool undefined(std::span<const double> x, std::span<const double> y) {
  require_equal_lengths(x, y);
  return x.size() < 2 || has_nan(x) || has_nan(y) || constant(x) || constant(y);
}

std::vector<Point> sorted_points(
    std::span<const double> x,
    std::span<const double> y) {
  std::vector<Point> points(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) points[i] = {x[i], y[i]};
  std::sort(points.begin(), points.end(), x_then_y);
  return points;
}

/// Calls visit(length) for each run of neighbours that are `equal`.
template <typename Range, typename Equal, typename Visit>
void for_each_run(const Range& range, Equal equal, Visit visit) {
  std::size_t first = 0;
  for (std::size_t i = 1; i <= range.size(); ++i) {
    if (i < range.size() && equal(range[first], range[i])) continue;
    visit(first, i);
    first = i;
  }
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

/// What the variance of Kendall's balance needs of one column's ties.
struct TieSums {
  double cubes = 0;     ///< sum of t (t - 1) (t - 2)
  double variance = 0;  ///< sum of t (t - 1) (2 t + 5)
};

TieSums tie_sums(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  TieSums sums;
  for_each_run(
      sorted, std::equal_to<>(), [&](std::size_t first, std::size_t last) {
        const auto t = static_cast<double>(last - first);
        sums.cubes += t * (t - 1) * (t - 2);
        sums.variance += t * (t - 1) * (2 * t + 5);
      });
  return sums;
}

/// Normal approximation with ties, as scipy.stats.kendalltau has it.
double kendall_normal_p(
    const PairCounts& counts,
    std::span<const double> x,
    std::span<const double> y) {
  const auto n = static_cast<double>(counts.rows);
  const TieSums in_x = tie_sums(x);
  const TieSums in_y = tie_sums(y);
  const double m = n * (n - 1);
  const double ties = 2.0 * static_cast<double>(counts.x_ties) *
                      static_cast<double>(counts.y_ties) / m;
  // With two rows there is nothing to tie without being constant.
  const double triples =
      n > 2 ? in_x.cubes * in_y.cubes / (9 * m * (n - 2)) : 0.0;
  const double variance =
      (m * (2 * n + 5) - in_x.variance - in_y.variance) / 18 + ties + triples;
  const double z = static_cast<double>(counts.balance()) / std::sqrt(variance);
  return std::erfc(std::abs(z) / std::sqrt(2.0));
}

/// Probability of at most `exchanges` or at least pairs - `exchanges` inverted
/// pairs in a random permutation of n (Kendall, Rank Correlation Methods).
double kendall_exact_p(std::int64_t n, std::int64_t exchanges) {
  const std::int64_t pairs = pairs_of(n);
  const std::int64_t c = std::min(exchanges, pairs - exchanges);
  if (2 * c == pairs) return 1.0;
  // share[k]: the probability of k inversions, element after element.
  std::vector<double> share(static_cast<std::size_t>(c) + 1);
  share[0] = 1.0;
  for (std::int64_t j = 2; j <= n; ++j) {
    std::vector<double> next(share.size());
    double window = 0;
    for (std::int64_t k = 0; k <= c; ++k) {
      window += share[static_cast<std::size_t>(k)];
      if (k >= j) window -= share[static_cast<std::size_t>(k - j)];
      next[static_cast<std::size_t>(k)] = window / static_cast<double>(j);
    }
    share = std::move(next);
  }
  return std::min(1.0, 2 * std::accumulate(share.begin(), share.end(), 0.0));
}

double kendall_p(
    const PairCounts& counts,
    std::span<const double> x,
    std::span<const double> y) {
  const std::int64_t fewest =
      std::min(counts.discordant, counts.pairs - counts.discordant);
  const bool ties = counts.x_ties != 0 || counts.y_ties != 0;
  if (!ties && (counts.rows <= 33 || fewest <= 1)) {
    return kendall_exact_p(counts.rows, counts.discordant);
  }
  return kendall_normal_p(counts, x, y);
}

double spearman_p(double rho, std::size_t rows) {
  if (std::isnan(rho) || rows < 3) return kNan;
  if (std::abs(rho) >= 1) return 0.0;
  const auto freedom = static_cast<double>(rows - 2);
  const double t = rho * std::sqrt(freedom / ((1 + rho) * (1 - rho)));
  const boost::math::students_t student(freedom);
  return 2 * boost::math::cdf(boost::math::complement(student, std::abs(t)));
}

double pearson_p(double r, std::size_t rows) {
  if (std::isnan(r)) return kNan;
  if (rows == 2) return 1.0;
  const double half = static_cast<double>(rows) / 2 - 1;
  return 2 * boost::math::ibeta(half, half, (1 - std::abs(r)) / 2);
}

/// Sum of products. Extended precision keeps the last digits over 10^5 rows.
double dot(std::span<const double> a, std::span<const double> b) {
  return static_cast<double>(
      std::inner_product(a.begin(), a.end(), b.begin(), 0.0L));
}

/// Values less their mean, scaled so that their squares cannot overflow.
std::vector<double> centred(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) {
    largest = std::max(largest, std::abs(value));
  }
  const double scale = largest > 0 ? 1 / largest : 1.0;
  const long double sum = std::accumulate(
      values.begin(), values.end(), 0.0L, [&](long double total, double value) {
        return total + value * scale;
      });
  const auto mean =
      static_cast<double>(sum / static_cast<long double>(values.size()));
  std::vector<double> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = values[i] * scale - mean;
  }
  return out;
}

/// Row indices from the best to the worst x, equal x by y.
std::vector<std::uint32_t> best_first(const Levels& x, const Levels& y) {
  std::vector<std::uint32_t> order(x.level.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    return std::pair(x.level[a], y.level[a]) >
           std::pair(x.level[b], y.level[b]);
  });
  return order;
}

/// Sum over the tied pairs of a column of the weights of both rows.
double tied_weight(
    const std::vector<double>& weights,
    const std::vector<RowCounts>& counts,
    std::int64_t RowCounts::*ties) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i] * static_cast<double>(counts[i].*ties);
  }
  return sum;
}

/// Weighted tau with rows weighed by their place in `order`.
double weighted_by(
    const std::vector<std::uint32_t>& order,
    const std::vector<RowCounts>& counts) {
  std::vector<double> weights(order.size());
  double total = 0;
  for (std::size_t place = 0; place < order.size(); ++place) {
    weights[order[place]] = 1.0 / (1.0 + static_cast<double>(place));
    total += weights[order[place]];
  }
  const double all = total * static_cast<double>(order.size() - 1);
  const double x_ties = tied_weight(weights, counts, &RowCounts::x_ties);
  const double y_ties = tied_weight(weights, counts, &RowCounts::y_ties);
  const double joint = tied_weight(weights, counts, &RowCounts::joint_ties);
  const double exchanged = tied_weight(weights, counts, &RowCounts::discordant);
  const double tau = (all - (x_ties + y_ties - joint) - 2 * exchanged) /
                     std::sqrt(all - x_ties) / std::sqrt(all - y_ties);
  return std::clamp(tau, -1.0, 1.0);
}

/// How often each level occurs.
std::vector<std::int64_t> level_counts(const Levels& levels) {
  std::vector<std::int64_t> counts(levels.count);
  for (const std::uint32_t level : levels.level) ++counts[level];
  return counts;
}

std::vector<std::int64_t> below_each(const std::vector<std::int64_t>& counts) {
  std::vector<std::int64_t> below(counts.size());
  std::exclusive_scan(
      counts.begin(), counts.end(), below.begin(), std::int64_t{0});
  return below;
}

/// A column's levels with how many rows lie at and below each.
struct Margin {
  explicit Margin(std::span<const double> values)
      : levels(dense_levels(values)),
        counts(level_counts(levels)),
        below(below_each(counts)) {}

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

/// The counts about the rows [begin, end) of one level of y, ascending in x,
/// which are equal in both columns; `lower` holds the x of the lower y.
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

std::int64_t PairCounts::balance() const {
  return pairs - x_ties - y_ties + joint_ties - 2 * discordant;
}

double PairCounts::tau_b() const {
  if (x_ties == pairs || y_ties == pairs) return kNan;
  const double tau = static_cast<double>(balance()) /
                     std::sqrt(static_cast<double>(pairs - x_ties)) /
                     std::sqrt(static_cast<double>(pairs - y_ties));
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

double kendall_tau_b(std::span<const double> x, std::span<const double> y) {
  return undefined(x, y) ? kNan : count_pairs(x, y).tau_b();
}

double pearson_r(std::span<const double> x, std::span<const double> y) {
  if (undefined(x, y)) return kNan;
  const std::vector<double> dx = centred(x);
  const std::vector<double> dy = centred(y);
  const double norms = std::sqrt(dot(dx, dx)) * std::sqrt(dot(dy, dy));
  return std::clamp(dot(dx, dy) / norms, -1.0, 1.0);
}

double spearman_rho(std::span<const double> x, std::span<const double> y) {
  if (undefined(x, y)) return kNan;
  return pearson_r(average_ranks(x), average_ranks(y));
}

Correlation kendall_test(std::span<const double> x, std::span<const double> y) {
  if (undefined(x, y)) return {kNan, kNan};
  const PairCounts counts = count_pairs(x, y);
  return {counts.tau_b(), kendall_p(counts, x, y)};
}

Correlation spearman_test(
    std::span<const double> x,
    std::span<const double> y) {
  const double rho = spearman_rho(x, y);
  return {rho, spearman_p(rho, x.size())};
}

Correlation pearson_test(std::span<const double> x, std::span<const double> y) {
  const double r = pearson_r(x, y);
  return {r, pearson_p(r, x.size())};
}

double weighted_tau(std::span<const double> x, std::span<const double> y) {
  if (undefined(x, y)) return kNan;
  const std::vector<RowCounts> counts = count_rows(x, y);
  const Levels in_x = dense_levels(x);
  const Levels in_y = dense_levels(y);
  return (weighted_by(best_first(in_x, in_y), counts) +
          weighted_by(best_first(in_y, in_x), counts)) /
         2;
}

double partial_correlation(double xy, double xz, double yz) {
  const double free = (1 - xz * xz) * (1 - yz * yz);
  if (!(free > 1e-12)) return kNan;  // nothing left but rounding
  return std::clamp((xy - xz * yz) / std::sqrt(free), -1.0, 1.0);
}

std::vector<double> average_ranks(std::span<const double> values) {
  const Levels levels = dense_levels(values);
  const std::vector<std::int64_t> counts = level_counts(levels);
  const std::vector<std::int64_t> below = below_each(counts);
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t level = levels.level[i];
    ranks[i] = static_cast<double>(below[level]) +
               static_cast<double>(counts[level] + 1) / 2;
  }
  return ranks;
}

Levels dense_levels(std::span<const double> values) {
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  // Tables hold no infinity, so that a NaN may stand at minus infinity.
  std::vector<std::pair<double, std::uint32_t>> sorted(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = std::isnan(values[i]) ? kLowest : values[i];
    sorted[i] = {value, static_cast<std::uint32_t>(i)};
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.first < b.first;
  });
  Levels levels;
  levels.level.resize(values.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i].first != sorted[i - 1].first) ++levels.count;
    levels.level[sorted[i].second] = levels.count - 1;
  }
  return levels;
}

std::vector<RowCounts> count_rows(
    std::span<const double> x,
    std::span<const double> y) {
  require_equal_lengths(x, y);
  const Margin in_x(x);
  const Margin in_y(y);
  std::vector<RowCounts> rows(x.size());
  // From the lowest y up, a whole level of y at a time: what the tree holds
  // when a level asks lies strictly below it in y.
  std::vector<std::uint32_t> order = best_first(in_y.levels, in_x.levels);
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
