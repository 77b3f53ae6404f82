// Rank correlation of two columns, exact and in O(n log n), with the p-values
// SciPy gives.
//
// Columns are read as they are: no value is missing here (see Missing), and a
// NaN anywhere makes the result NaN, as does a constant column or one with
// fewer than two rows. All functions throw std::invalid_argument when the
// lengths differ.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace zcp::statistics {

/// What becomes of an architecture without a score: it ranks below all others,
/// tied with its like, or it leaves the statistic.
enum class Missing { last, drop };

/// A correlation in [-1, 1] and its two-sided p-value under independence.
struct Correlation {
  double value;
  double p_value;
};

/// How the n(n-1)/2 pairs of rows fall, counted exactly.
struct PairCounts {
  std::int64_t rows = 0;
  std::int64_t pairs = 0;
  std::int64_t x_ties = 0;      ///< pairs equal in x, whatever y does
  std::int64_t y_ties = 0;      ///< pairs equal in y, whatever x does
  std::int64_t joint_ties = 0;  ///< pairs equal in both
  std::int64_t discordant = 0;

  /// Concordant minus discordant pairs.
  std::int64_t balance() const;
  /// Kendall's tau-b: balance / sqrt((pairs - x_ties) (pairs - y_ties)).
  double tau_b() const;
};

/// Counts by Knight's algorithm (JASA 61, 1966): sort, then merge.
PairCounts count_pairs(std::span<const double> x, std::span<const double> y);

double kendall_tau_b(std::span<const double> x, std::span<const double> y);
double spearman_rho(std::span<const double> x, std::span<const double> y);
double pearson_r(std::span<const double> x, std::span<const double> y);

/// Tau-b with the p-value of scipy.stats.kendalltau(method='auto'): exact
/// without ties up to 33 rows (or at most one pair out of order), else normal.
Correlation kendall_test(std::span<const double> x, std::span<const double> y);
/// Spearman's rho with the p-value of Student's t, n - 2 degrees of freedom.
Correlation spearman_test(std::span<const double> x, std::span<const double> y);
/// Pearson's r with the p-value of the exact beta distribution.
Correlation pearson_test(std::span<const double> x, std::span<const double> y);

/// Tau that weighs an exchange of two rows by 1/(1+r) + 1/(1+s), r and s their
/// ranks from the top (0 = best): scipy.stats.weightedtau with its defaults,
/// the mean over ranking by x and ranking by y (Vigna, WWW 2015).
double weighted_tau(std::span<const double> x, std::span<const double> y);

/// Correlation of x and y with z held fixed, from the three plain ones; it
/// holds for Kendall's tau (Kendall 1942) as for Pearson on ranks. NaN when x
/// or y is determined by z.
double partial_correlation(double xy, double xz, double yz);

/// Ranks 1 .. n, smallest value first, equal values sharing their mean rank.
/// NaN ranks below every number, all NaN alike.
std::vector<double> average_ranks(std::span<const double> values);

/// Values replaced by 0, 1, 2, ... in ascending order, equal values alike.
struct Levels {
  std::vector<std::uint32_t> level;
  std::uint32_t count = 0;
};

/// Dense levels; NaN is a level below every number.
Levels dense_levels(std::span<const double> values);

/// How the other rows lie about one row.
struct RowCounts {
  std::int64_t concordant = 0;
  std::int64_t discordant = 0;
  std::int64_t x_ties = 0;      ///< others equal in x
  std::int64_t y_ties = 0;      ///< others equal in y
  std::int64_t joint_ties = 0;  ///< others equal in both
};

/// The counts of every row, in O(n log n). NaN is a level below every number.
std::vector<RowCounts> count_rows(
    std::span<const double> x,
    std::span<const double> y);

}  // namespace zcp::statistics
