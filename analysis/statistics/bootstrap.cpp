#include "analysis/statistics/bootstrap.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <functional>
#include <numeric>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/statistics/pair_counts.h"
#include "analysis/statistics/ranks.h"
#include "common/missing.h"
#include "common/parallel.h"

namespace zcp::statistics {
namespace {

/// Draws and evaluates the block of draws that begins at `first`.
void run_block(
    std::span<const ResampledPair> pairs,
    std::size_t rows,
    std::uint64_t seed,
    std::size_t first,
    std::vector<Replicates>& out) {
  DrawCounts counts;
  draw_rows(rows, seed, first, counts);
  for (std::size_t pair = 0; pair < pairs.size(); ++pair) {
    const Lanes<Correlations> values = pairs[pair].evaluate(counts);
    Replicates& replicates = out[pair];
    const std::size_t end = std::min(first + kLanes, replicates.tau.size());
    for (std::size_t draw = first; draw < end; ++draw) {
      replicates.tau[draw] = values[draw - first].tau;
      replicates.rho[draw] = values[draw - first].rho;
      replicates.r[draw] = values[draw - first].r;
    }
  }
}

Replicates empty_replicates(std::size_t count) {
  const std::vector<double> none(count, kNan);
  return {none, none, none};
}

std::vector<double> finite_sorted(std::span<const double> values) {
  std::vector<double> sorted;
  for (const double value : values) {
    if (std::isfinite(value)) sorted.push_back(value);
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double normal_cdf(double z) {
  return std::erfc(-z / std::sqrt(2.0)) / 2;
}

double normal_quantile(double probability) {
  return boost::math::quantile(boost::math::normal(), probability);
}

/// Skewness of the influence of single rows, Efron's acceleration.
double acceleration(std::span<const double> left) {
  const std::vector<double> values = finite_sorted(left);
  if (values.empty()) return 0;
  const double centre = mean(values);
  double squares = 0;
  double cubes = 0;
  for (const double value : values) {
    const double d = centre - value;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares > 0 ? cubes / (6 * squares * std::sqrt(squares)) : 0.0;
}

/// The share of draws below the estimate, where draws equal to it count half.
/// It is kept away from 0 and 1, whose normal quantiles are infinite.
double share_below(const std::vector<double>& sorted, double estimate) {
  const auto range = std::equal_range(sorted.begin(), sorted.end(), estimate);
  const auto below = static_cast<double>(range.first - sorted.begin());
  const auto equal = static_cast<double>(range.second - range.first);
  const auto count = static_cast<double>(sorted.size());
  return std::clamp(below + equal / 2, 0.5, count - 0.5) / count;
}

void jackknife_tau(
    std::span<const double> x,
    std::span<const double> y,
    const std::vector<RowCounts>& rows,
    std::vector<double>& out) {
  const PairCounts all = count_pairs(x, y);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    PairCounts rest = all;
    rest.rows -= 1;
    rest.pairs -= rest.rows;
    rest.x_ties -= rows[i].x_ties;
    rest.y_ties -= rows[i].y_ties;
    rest.joint_ties -= rows[i].joint_ties;
    rest.discordant -= rows[i].discordant;
    out[i] = rest.tau_b();
  }
}

/// For each row, the sum of the weights of all rows with a greater level, plus
/// half the sum of the weights of the other rows with the same level.
std::vector<double> sums_above(
    const Levels& levels,
    std::span<const double> weights) {
  std::vector<double> at(levels.count);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    at[levels.level[i]] += weights[i];
  }
  std::vector<double> above(levels.count);
  for (std::size_t level = levels.count; level-- > 1;) {
    above[level - 1] = above[level] + at[level];
  }
  std::vector<double> sums(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::uint32_t level = levels.level[i];
    sums[i] = above[level] + (at[level] - weights[i]) / 2;
  }
  return sums;
}

/// Sum of the cubes of the levels' sizes.
double cubes_of_ties(const Levels& levels) {
  std::vector<double> sizes(levels.count);
  for (const std::uint32_t level : levels.level) sizes[level] += 1;
  double sum = 0;
  for (const double size : sizes) sum += size * size * size;
  return sum;
}

double cube(double value) {
  return value * value * value;
}

/// Spearman's rho without row i. When row i is left out, the ranks of rows
/// above it fall by one and those of rows tied with it by a half, so that the
/// sum of products of ranks changes by sums that can be computed once for all
/// rows.
void jackknife_rho(
    std::span<const double> x,
    std::span<const double> y,
    const std::vector<RowCounts>& rows,
    std::vector<double>& out) {
  const std::vector<double> x_rank = average_ranks(x);
  const std::vector<double> y_rank = average_ranks(y);
  const Levels x_levels = dense_levels(x);
  const Levels y_levels = dense_levels(y);
  const std::vector<double> y_above_x = sums_above(x_levels, y_rank);
  const std::vector<double> x_above_y = sums_above(y_levels, x_rank);
  const double products =
      std::inner_product(x_rank.begin(), x_rank.end(), y_rank.begin(), 0.0);
  const double x_cubes = cubes_of_ties(x_levels);
  const double y_cubes = cubes_of_ties(y_levels);
  const auto n = static_cast<double>(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto x_ties = static_cast<double>(rows[i].x_ties);
    const auto y_ties = static_cast<double>(rows[i].y_ties);
    const double x_higher = n - x_rank[i] - x_ties / 2;
    const double y_higher = n - y_rank[i] - y_ties / 2;
    const double both =
        (x_higher + y_higher - static_cast<double>(rows[i].discordant)) / 2 +
        static_cast<double>(rows[i].joint_ties) / 4;
    const double sum =
        products - x_rank[i] * y_rank[i] - y_above_x[i] - x_above_y[i] + both;
    const double covariance = sum - (n - 1) * n * n / 4;
    const double x_variance =
        (cube(n - 1) - x_cubes + cube(x_ties + 1) - cube(x_ties)) / 12;
    const double y_variance =
        (cube(n - 1) - y_cubes + cube(y_ties + 1) - cube(y_ties)) / 12;
    out[i] = x_variance > 0 && y_variance > 0
                 ? covariance / std::sqrt(x_variance) / std::sqrt(y_variance)
                 : kNan;
  }
}

/// Over the rows whose score is finite; the others keep NaN.
void jackknife_r(
    std::span<const double> x,
    std::span<const double> y,
    std::vector<double>& out) {
  std::vector<std::size_t> rows;
  std::vector<double> seen;
  std::vector<double> truth;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i])) continue;
    rows.push_back(i);
    seen.push_back(x[i]);
    truth.push_back(y[i]);
  }
  const std::vector<double> dx = deviations(seen);
  const std::vector<double> dy = deviations(truth);
  const auto dot = [](const auto& a, const auto& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  const double xx = dot(dx, dx);
  const double yy = dot(dy, dy);
  const double xy = dot(dx, dy);
  // When a row is left out, a sum of products about the mean falls by
  // n / (n - 1) times the product of that row.
  const auto n = static_cast<double>(rows.size());
  const double factor = n / (n - 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[rows[i]] = (xy - factor * dx[i] * dy[i]) /
                   std::sqrt(xx - factor * dx[i] * dx[i]) /
                   std::sqrt(yy - factor * dy[i] * dy[i]);
  }
}

}  // namespace

std::vector<Replicates> bootstrap(
    std::span<const ResampledPair> pairs,
    std::size_t rows,
    std::size_t draws,
    std::uint64_t seed) {
  std::vector<Replicates> out(pairs.size(), empty_replicates(draws));
  const std::size_t blocks = (draws + kLanes - 1) / kLanes;
  parallel_for(blocks, [&](std::size_t block) {
    run_block(pairs, rows, seed, block * kLanes, out);
  });
  return out;
}

Replicates jackknife(
    std::span<const double> scores,
    std::span<const double> truth) {
  Replicates out = empty_replicates(scores.size());
  if (scores.size() < 3) return out;
  const std::vector<RowCounts> rows = count_rows(scores, truth);
  jackknife_tau(scores, truth, rows, out.tau);
  jackknife_rho(scores, truth, rows, out.rho);
  jackknife_r(scores, truth, out.r);
  return out;
}

double quantile(std::span<const double> sorted, double probability) {
  if (sorted.empty()) return kNan;
  const double at = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = at - static_cast<double>(below);
  if (share == 0 || sorted[below] == sorted[above]) return sorted[below];
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

Interval percentile_interval(std::span<const double> draws, double level) {
  const std::vector<double> sorted = finite_sorted(draws);
  const double tail = (1 - level) / 2;
  return {quantile(sorted, tail), quantile(sorted, 1 - tail)};
}

Interval bca_interval(
    std::span<const double> draws,
    double estimate,
    std::span<const double> left,
    double level) {
  const std::vector<double> sorted = finite_sorted(draws);
  if (sorted.empty() || std::isnan(estimate)) return {kNan, kNan};
  const double bias = normal_quantile(share_below(sorted, estimate));
  const double skew = acceleration(left);
  const auto corrected = [&](double probability) {
    const double z = bias + normal_quantile(probability);
    return normal_cdf(bias + z / (1 - skew * z));
  };
  const double tail = (1 - level) / 2;
  return {
      quantile(sorted, corrected(tail)), quantile(sorted, corrected(1 - tail))};
}

std::vector<double> differences(
    std::span<const double> a,
    std::span<const double> b) {
  std::vector<double> out(a.size());
  std::transform(a.begin(), a.end(), b.begin(), out.begin(), std::minus<>());
  return out;
}

double p_above_zero(std::span<const double> draws) {
  const std::vector<double> sorted = finite_sorted(draws);
  if (sorted.empty()) return kNan;
  const auto above = std::upper_bound(sorted.begin(), sorted.end(), 0.0);
  const auto not_above = static_cast<double>(above - sorted.begin());
  return (1 + not_above) / (1 + static_cast<double>(sorted.size()));
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!std::isnan(p_values[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return p_values[a] < p_values[b];
  });
  std::vector<double> adjusted(p_values.begin(), p_values.end());
  double largest = 0;
  for (std::size_t step = 0; step < order.size(); ++step) {
    const auto hypotheses = static_cast<double>(order.size() - step);
    largest = std::max(largest, hypotheses * p_values[order[step]]);
    adjusted[order[step]] = std::min(1.0, largest);
  }
  return adjusted;
}

}  // namespace zcp::statistics
