// What all statistics of two columns have in common: a number an architecture
// in each, and what becomes of architectures without one.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace zcp::statistics {

/// Over fewer rows nothing is claimed: there is no interval, no p-value and no
/// verdict, and no subset is shown.
inline constexpr std::size_t kLeastRows = 10;

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

/// The column with a number that is below all others in place of NaN: minus
/// infinity, or where that is a value of the column, the values' levels (see
/// ranks.h) stand for all of them. So ranks alone are what it was before.
std::vector<double> ranked_last(std::span<const double> column);

/// The columns as correlations read them: ranked_last(), or the rows with a NaN
/// left out of both, as `missing` says. Throws std::invalid_argument when the
/// lengths differ.
ColumnPair settle_missing(
    std::span<const double> x,
    std::span<const double> y,
    Missing missing);

/// NaN when there are none.
double mean(std::span<const double> values);

/// How far each value is from the mean, times one power of two for all, by
/// which the largest is near 1. No digit is lost to the values' offset, and no
/// square of a deviation overflows or is lost whatever their scale. NaN
/// throughout where a value is infinite or NaN.
std::vector<double> deviations(std::span<const double> values);

}  // namespace zcp::statistics
