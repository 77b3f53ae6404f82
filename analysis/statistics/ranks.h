// Places of values in ascending order. NaN is below every number, all NaN
// alike.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace zcp::statistics {

/// Ranks 1 .. n, smallest value first, equal values sharing their mean rank.
std::vector<double> average_ranks(std::span<const double> values);

/// Values replaced by 0, 1, 2, ... in ascending order, equal values alike.
struct Levels {
  std::vector<std::uint32_t> level;  ///< of each row
  std::uint32_t count = 0;           ///< of different values
};

Levels dense_levels(std::span<const double> values);

/// How often each level occurs.
std::vector<std::int64_t> level_counts(const Levels& levels);

/// How many rows lie below each level, from the counts of the levels.
std::vector<std::int64_t> counts_below(const std::vector<std::int64_t>& counts);

/// Rows from the highest level of x to the lowest, those of equal x by
/// descending y. Both have a level for each row.
std::vector<std::uint32_t> descending_order(const Levels& x, const Levels& y);

}  // namespace zcp::statistics
