// P-values of rank correlations among few rows: how often a random pairing of
// the same values is as extreme.
//
// They are exact, by counting all pairings, wherever that takes little work:
// Kendall's whenever one column has no ties, both up to 14 rows or more where
// there are many ties. Else 200,000 random pairings are drawn, with a fixed
// seed; the standard error of a p-value of .05 is .0007 then.
//
// The two-sided p-value is twice that of the rarer side, at most 1, as
// scipy.stats.permutation_test has it.
#pragma once

#include <cstddef>
#include <span>

namespace zcp::statistics {

/// Up to so many rows p-values are those of this file.
inline constexpr std::size_t kPermutedRows = 30;

/// The p-value of Kendall's tau-b. The columns hold no NaN. Throws
/// std::invalid_argument when they are longer than kPermutedRows or differ in
/// length.
double kendall_permutation_p(
    std::span<const double> x,
    std::span<const double> y);

/// The p-value of Spearman's rho; likewise.
double spearman_permutation_p(
    std::span<const double> x,
    std::span<const double> y);

}  // namespace zcp::statistics
