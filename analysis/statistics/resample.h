// Correlations of bootstrap resamples without sorting again.
//
// A resample of rows is the table itself with a count at each row, so what a
// correlation needs sorted is sorted once per pair of columns; a draw then
// costs one walk through a Fenwick tree of counts. Eight draws walk together,
// a lane each: they visit the same tree nodes, so the additions vectorise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/statistics/columns.h"

namespace zcp::statistics {

/// Draws that are made and evaluated together.
inline constexpr std::size_t kLanes = 8;

template <typename T>
using Lanes = std::array<T, kLanes>;

/// How often each row was drawn, [row][draw]. Counts fit into 16 bits: a row
/// that is drawn once on average is never drawn 65,536 times.
using DrawCounts = std::vector<Lanes<std::uint16_t>>;

/// Draws `rows` rows with replacement, for the draws `first` .. `first` + 7.
/// Each draw has a generator of its own, seeded by `seed` and its number.
void draw_rows(
    std::size_t rows,
    std::uint64_t seed,
    std::size_t first,
    DrawCounts& counts);

/// Kendall's tau-b, Spearman's rho and Pearson's r; NaN where undefined.
struct Correlations {
  double tau;
  double rho;
  double r;
};

/// Scores beside their truth, ready for resampling.
class ResampledPair {
 public:
  /// A NaN score is missing; Pearson's r is always over the rows that have
  /// one. `truth` has no NaN. Throws std::invalid_argument when the lengths
  /// differ.
  ResampledPair(
      std::span<const double> scores,
      std::span<const double> truth,
      Missing missing);

  /// The correlations of eight resamples; `counts` has an entry for each row
  /// of the columns given to the constructor. Thread-safe.
  Lanes<Correlations> evaluate(const DrawCounts& counts) const;

 private:
  template <typename Counter, typename Sum>
  struct Walk;
  template <typename Counter, typename Sum>
  Walk<Counter, Sum> walk(const DrawCounts& counts) const;
  template <typename Rank>
  Lanes<double> rank_covariance(
      const DrawCounts& counts,
      const std::vector<Lanes<Rank>>& x_ranks,
      const std::vector<Lanes<Rank>>& y_ranks) const;
  template <typename Counter, typename Rank, typename Sum>
  void rank_correlations(const DrawCounts& counts, Lanes<Correlations>& out)
      const;
  void product_moments(const DrawCounts& counts, Lanes<Correlations>& out)
      const;

  /// A row in the order of descending truth, then descending score.
  struct Entry {
    std::uint32_t row;
    std::uint32_t x;  ///< dense level of the score
    std::uint32_t y;  ///< dense level of the truth
    bool starts;      ///< differs in x or y from the entry before
  };

  std::vector<Entry> entries_;
  // Pearson's part: the rows that have a score, with standardised values.
  std::vector<std::uint32_t> rows_;
  std::vector<double> x_values_;
  std::vector<double> y_values_;
  std::uint32_t x_levels_ = 0;
  std::uint32_t y_levels_ = 0;
};

}  // namespace zcp::statistics
