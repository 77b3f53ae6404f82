#include "analysis/statistics/correlation.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <functional>
#include <numeric>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/pair_counts.h"
#include "analysis/statistics/permutation.h"
#include "analysis/statistics/ranks.h"
#include "analysis/statistics/runs_of_equals.h"
#include "common/missing.h"

namespace zcp::statistics {
namespace {

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

/// Sums over the groups of t tied rows of a column, which the variance of
/// Kendall's balance depends on.
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
  // Two rows with a tie are a constant column, which has no p-value.
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
  // share[k] is the probability of k inversions among the first j elements.
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
  if (x.size() <= kPermutedRows) return kendall_permutation_p(x, y);
  return kendall_normal_p(counts, x, y);
}

double spearman_p(double rho, std::size_t rows) {
  if (std::isnan(rho)) return kNan;
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
long double dot(std::span<const double> a, std::span<const double> b) {
  long double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<long double>(a[i]) * b[i];
  }
  return sum;
}

/// The sum of the weights of both rows over all pairs that `ties` counts.
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

}  // namespace

double kendall_tau_b(std::span<const double> x, std::span<const double> y) {
  return undefined(x, y) ? kNan : count_pairs(x, y).tau_b();
}

double pearson_r(std::span<const double> x, std::span<const double> y) {
  if (undefined(x, y)) return kNan;
  const std::vector<double> dx = deviations(x);
  const std::vector<double> dy = deviations(y);
  const long double norms = std::sqrt(dot(dx, dx)) * std::sqrt(dot(dy, dy));
  return std::clamp(static_cast<double>(dot(dx, dy) / norms), -1.0, 1.0);
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
  if (std::isnan(rho) || x.size() > kPermutedRows) {
    return {rho, spearman_p(rho, x.size())};
  }
  return {rho, spearman_permutation_p(x, y)};
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
  return (weighted_by(descending_order(in_x, in_y), counts) +
          weighted_by(descending_order(in_y, in_x), counts)) /
         2;
}

double partial_correlation(double xy, double xz, double yz) {
  const double free = (1 - xz * xz) * (1 - yz * yz);
  if (!(free > 1e-12)) return kNan;  // nothing left but rounding
  return std::clamp((xy - xz * yz) / std::sqrt(free), -1.0, 1.0);
}

}  // namespace zcp::statistics
