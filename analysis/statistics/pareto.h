// Pareto fronts of a value (higher = better) against a cost (lower = better).
//
// A front is what is left when every row is struck out that another beats: that
// is no worse in both, better in one.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace zcp::statistics {

/// Which rows of a front that are equal in value and in cost are on it.
enum class Twins { all, first };

/// The rows that no other row beats, by ascending cost, rows equal in both in
/// their order. Rows with a NaN are not among them. O(n log n).
std::vector<std::size_t> pareto_front(
    std::span<const double> value,
    std::span<const double> cost,
    Twins twins);

/// The area that `rows` dominate: of the points with value between `least` and
/// a row's value, and cost between the row's and `most`; 0 for no rows. Rows
/// beyond `most` or below `least` dominate nothing.
double hypervolume(
    std::span<const double> value,
    std::span<const double> cost,
    std::span<const std::size_t> rows,
    double least,
    double most);

}  // namespace zcp::statistics
