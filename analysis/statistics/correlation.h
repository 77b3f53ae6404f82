// Correlations of two columns, exact and in O(n log n), with the p-values that
// SciPy gives. Infinite values have ranks, but no Pearson correlation.
//
// Columns are read as they are: no value is missing here (see settle_missing),
// and a NaN anywhere makes the result NaN, as does a constant column or one
// with fewer than two rows. All functions throw std::invalid_argument when the
// lengths differ.
#pragma once

#include <span>

namespace zcp::statistics {

/// A correlation in [-1, 1] and its two-sided p-value under independence.
struct Correlation {
  double value;
  double p_value;
};

double kendall_tau_b(std::span<const double> x, std::span<const double> y);
double spearman_rho(std::span<const double> x, std::span<const double> y);
double pearson_r(std::span<const double> x, std::span<const double> y);

/// Tau-b with an exact p-value without ties up to 33 rows (or at most one pair
/// out of order), by permutations with ties up to 30 (see permutation.h), else
/// with the normal approximation of scipy.stats.kendalltau.
Correlation kendall_test(std::span<const double> x, std::span<const double> y);
/// Spearman's rho with the p-value of permutations up to 30 rows (see
/// permutation.h), else of Student's t, n - 2 degrees of freedom.
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

}  // namespace zcp::statistics
