// The noise ceiling: how well training runs with different seeds agree in their
// ranking of architectures. A proxy that agrees with the accuracies better than
// they agree with each other was lucky.
//
// Two figures, because a subset of the truly best is drawn by the very runs
// that are compared: among architectures with a high mean, one lucky run makes
// the others look unlucky, so that runs agree less than they do elsewhere and
// a proxy, which took no part in the selection, may pass them. `run_tau` is
// free of that: a run takes the place of the proxy, and the mean of the other
// runs is the truth that the subset is drawn by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/statistics/bootstrap.h"

namespace zcp::study {

/// The columns that hold a metric's single runs, by the project's names:
/// `STEM_seedN`, N a number, for the metric `STEM`, `STEM_mean` or one of the
/// columns itself, in the order of `columns`; none when there are fewer than
/// two.
std::vector<std::string> seed_columns(
    std::span<const std::string> columns,
    const std::string& metric);

/// Correlation between runs in one subset.
struct Ceiling {
  std::string metric;
  std::string subset;
  std::vector<std::string> columns;  ///< of the runs
  std::size_t n = 0;                 ///< architectures with a value in each run
  double tau = 0;  ///< mean of Kendall's tau-b over all pairs of runs
  double rho = 0;  ///< mean of Spearman's rho over all pairs of runs
  statistics::Interval tau_interval{};
  statistics::Interval rho_interval{};
  /// Tau and rho of a run with the mean of the other runs; means over the runs.
  double run_tau = 0;
  double run_rho = 0;
};

/// The statistics of a ceiling but run_tau and run_rho; `runs` are columns of
/// equal length, NaN where there was no run. Intervals are for 95 %, by the
/// percentiles of `draws` resamples of the architectures; NaN without draws.
/// NaN throughout with fewer than two runs or rows, intervals also with fewer
/// than statistics::kLeastRows. Throws
/// std::invalid_argument when the lengths differ.
Ceiling noise_ceiling(
    std::span<const std::vector<double>> runs,
    std::size_t draws,
    std::uint64_t seed);

/// Sets `run_tau` and `run_rho` from the same runs. With a `share` in (0, 1],
/// each run is compared over the rows that are best by the mean of the others;
/// NaN where these are fewer than statistics::kLeastRows.
void add_run_as_proxy(
    std::span<const std::vector<double>> runs,
    std::optional<double> share,
    Ceiling& ceiling);

}  // namespace zcp::study
