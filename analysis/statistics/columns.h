// What all statistics of two columns have in common: a number an architecture
// in each, and what becomes of architectures without one.
#pragma once

#include <span>
#include <vector>

namespace zcp::statistics {

/// What becomes of an architecture without a score: it ranks below all others,
/// tied with its like, or it leaves the statistic.
enum class Missing { last, drop };

/// Throws std::invalid_argument when the columns differ in length.
void require_equal_lengths(
    std::span<const double> x,
    std::span<const double> y);

/// Two columns of equal length without a NaN.
struct ColumnPair {
  std::vector<double> x;
  std::vector<double> y;
};

/// The columns as correlations read them. A NaN in either becomes minus
/// infinity, or its row is left out of both, as `missing` says. Throws
/// std::invalid_argument when the lengths differ.
ColumnPair settle_missing(
    std::span<const double> x,
    std::span<const double> y,
    Missing missing);

}  // namespace zcp::statistics
