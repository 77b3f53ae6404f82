// Paired bootstrap of correlations: every proxy sees the same resamples, so
// that the difference of two proxies has an interval of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/statistics/resample.h"

namespace zcp::statistics {

/// How an interval is read off the draws: their quantiles, or those corrected
/// for bias and acceleration (Efron, JASA 82, 1987).
enum class IntervalMethod { percentile, bca };

/// Of every interval that is shown.
inline constexpr double kConfidence = 0.95;

/// A confidence interval; both ends are NaN where none exists.
struct Interval {
  double low;
  double high;
};

/// Correlations of one column. There is an element for each draw of bootstrap()
/// or for each row that jackknife() leaves out.
struct Replicates {
  std::vector<double> tau;
  std::vector<double> rho;
  std::vector<double> r;
};

/// Correlations of all `pairs` over `draws` resamples of the same `rows` rows.
/// The result depends on `seed` alone, not on threads or the other pairs; the
/// first draws of a longer run are those of a shorter one.
std::vector<Replicates> bootstrap(
    std::span<const ResampledPair> pairs,
    std::size_t rows,
    std::size_t draws,
    std::uint64_t seed);

/// The correlations with each row in turn left out, in O(n log n) for all.
/// Scores and truth hold no NaN. Pearson's r counts those rows alone whose
/// score is finite and is NaN for the others.
Replicates jackknife(
    std::span<const double> scores,
    std::span<const double> truth);

/// Quantile of sorted values, interpolated linearly (NumPy's default).
double quantile(std::span<const double> sorted, double probability);

/// The interval that holds the middle `level` (such as 0.95) of the draws.
/// Draws that are NaN do not count. Both ends are NaN without draws.
Interval percentile_interval(std::span<const double> draws, double level);

/// The interval that is corrected for bias and acceleration. `estimate` is the
/// statistic over all rows, `left` has its value with each row left out.
Interval bca_interval(
    std::span<const double> draws,
    double estimate,
    std::span<const double> left,
    double level);

/// Element by element a - b.
std::vector<double> differences(
    std::span<const double> a,
    std::span<const double> b);

/// One-sided p-value of "the statistic is greater than zero": the share of the
/// draws that are not, (1 + k) / (1 + draws). NaN without draws.
double p_above_zero(std::span<const double> draws);

/// Holm's step-down adjustment (1979) of a family of p-values. A NaN stays NaN
/// and does not count as a member of the family.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace zcp::statistics
