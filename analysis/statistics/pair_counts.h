// How pairs of rows fall in two columns: in the same order, in opposite order,
// or tied. Exact, in O(n log n).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace zcp::statistics {

/// n (n - 1) / 2.
std::int64_t pairs_of(std::int64_t count);

/// How the n (n - 1) / 2 pairs of rows fall, counted exactly.
struct PairCounts {
  std::int64_t rows = 0;
  std::int64_t pairs = 0;
  std::int64_t x_ties = 0;      ///< pairs equal in x, whatever y does
  std::int64_t y_ties = 0;      ///< pairs equal in y, whatever x does
  std::int64_t joint_ties = 0;  ///< pairs equal in both
  std::int64_t discordant = 0;

  /// Concordant minus discordant pairs.
  std::int64_t balance() const;
  /// Kendall's tau-b: balance / sqrt((pairs - x_ties) (pairs - y_ties)); NaN
  /// when a column is constant.
  double tau_b() const;
};

/// Counts by Knight's algorithm (JASA 61, 1966): sort, then merge. The columns
/// hold no NaN. Throws std::invalid_argument when the lengths differ.
PairCounts count_pairs(std::span<const double> x, std::span<const double> y);

/// How the other rows lie about one row.
struct RowCounts {
  std::int64_t concordant = 0;
  std::int64_t discordant = 0;
  std::int64_t x_ties = 0;      ///< others equal in x
  std::int64_t y_ties = 0;      ///< others equal in y
  std::int64_t joint_ties = 0;  ///< others equal in both
};

/// The counts of every row, in O(n log n). NaN is a level below every number.
/// Throws std::invalid_argument when the lengths differ.
std::vector<RowCounts> count_rows(
    std::span<const double> x,
    std::span<const double> y);

}  // namespace zcp::statistics
