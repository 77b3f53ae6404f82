// Small ensembles of proxies, chosen by their agreement with the truth and
// judged where they were not chosen.
//
// Trying all ensembles and reporting the best one's tau reports luck as well.
// So the architectures are split into folds at random; on all folds but one an
// ensemble is chosen, on the one left out it is judged, and the mean over the
// folds is the figure. A single proxy is chosen and judged in the same way.
//
// Members vote by their ranks among all architectures of the table, which
// takes no truth; equal scores share their mean rank, missing ones the lowest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/statistics/bootstrap.h"
#include "analysis/study/composite.h"
#include "analysis/study/join.h"

namespace zcp::study {

struct EnsembleOptions {
  std::size_t most = 3;   ///< members at most, 1 or more
  std::size_t folds = 5;  ///< 2 or more
  std::size_t draws = 1000;
  std::uint64_t seed = 0;  ///< of folds and draws
};

/// Proxies whose ranks are added up.
struct Ensemble {
  std::vector<std::string> members;
  RankRule rule = RankRule::sum;
  double tau = 0;  ///< over the rows it was chosen on
};

/// One way to choose an ensemble, and how well its choices do on rows that it
/// did not choose by.
struct EnsembleMethod {
  std::string name;
  std::vector<Ensemble> chosen;  ///< on all folds but each in turn
  Ensemble overall;              ///< chosen on all rows, for use
  std::vector<double> fold_tau;  ///< of each choice, on the fold left out
  double tau = 0;                ///< mean of fold_tau
  /// Of `tau`, by resamples of the architectures of each fold; the choices
  /// stay.
  statistics::Interval interval{};
  double minus_single = 0;  ///< tau less that of the single proxy
  statistics::Interval minus_single_interval{};
};

/// The methods on one metric: the best single proxy, the best ensemble of at
/// most `most` by either rule, all proxies by the mean of their ranks, all by
/// the mean of their logarithms.
struct EnsembleResult {
  std::string metric;
  std::size_t n = 0;
  std::vector<EnsembleMethod> methods;
};

/// The rows of each fold, ascending; sizes differ by one at most.
std::vector<std::vector<std::size_t>> ensemble_folds(
    std::size_t rows,
    const EnsembleOptions& options);

/// Candidates are the columns to report on. Every pair is tried; larger
/// ensembles grow out of the 32 best of one member less, by tau on at most
/// 3,000 of the rows, and the 16 best of all are compared on all rows. Throws
/// UserError when there are fewer than statistics::kLeastRows rows a fold or no
/// proxy has a tau.
EnsembleResult choose_ensemble(
    const JoinedMetric& joined,
    const EnsembleOptions& options);

}  // namespace zcp::study
