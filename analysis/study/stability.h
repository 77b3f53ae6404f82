// How far a proxy's scores and its ranking change when they are computed
// again, with another seed or other minibatches.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "analysis/statistics/columns.h"
#include "benchmarks/tables/table.h"

namespace zcp::study {

/// One proxy over several runs. NaN where a number does not exist.
struct Stability {
  std::string proxy;
  std::size_t runs = 0;
  std::size_t n = 0;        ///< architectures in the rank statistics
  std::size_t missing = 0;  ///< architectures without a score in some run
  /// Mean and least over the pairs of runs.
  double tau = 0;
  double tau_least = 0;
  double rho = 0;
  double rho_least = 0;
  /// Intraclass correlations of Shrout and Fleiss (1979) over the
  /// architectures with a score in each run: the share of the variance of a
  /// score that is the architecture's. ICC(1,1) counts a shift of a whole run
  /// as noise, ICC(3,1), which a ranking does not feel, leaves it out.
  double icc_agreement = 0;
  double icc_consistency = 0;
  /// Mean over architectures and pairs of runs of |rank - rank|, in ranks.
  double rank_change = 0;
  /// Expected share of the best tenth (at least one) of one run that is in the
  /// best tenth of another, equal scores in random order; mean over pairs.
  double kept = 0;
};

/// A row for each of `proxies` (without any: for each column that all runs
/// have, in the order of the first run) over the architectures that all runs
/// have. Throws UserError for fewer than two runs, for a proxy that a run
/// lacks, for runs that share no architecture or no column.
std::vector<Stability> stability(
    const std::vector<tables::Table>& runs,
    const std::vector<std::string>& proxies,
    statistics::Missing missing);

/// One-way and two-way intraclass correlation, {ICC(1,1), ICC(3,1)}, of
/// values [run][architecture] without NaN; NaN with fewer than two of either
/// or without any variance.
std::pair<double, double> intraclass(
    const std::vector<std::vector<double>>& runs);

}  // namespace zcp::study
