// What is lost, in accuracy and at which cost (such as latency or energy), when
// a proxy chooses architectures.
// Fronts are those of statistics/pareto.h, with all of equal rows.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "analysis/study/join.h"

namespace zcp::study {

/// What a proxy's choice loses among the architectures that cost at most
/// `limit`.
struct LimitLoss {
  double limit = 0;
  std::size_t n = 0;  ///< architectures within the limit
  double best = 0;    ///< the greatest truth among them
  /// The best less the expected truth of the best-scored (equal scores in
  /// random order), in the truth's unit; NaN where `n` is below
  /// statistics::kLeastRows.
  double lost = 0;
};

/// One proxy on one metric and cost.
struct CostTradeOff {
  std::string proxy;
  std::string metric;
  std::string cost;
  std::size_t n = 0;             ///< architectures with truth and cost
  std::size_t missing = 0;       ///< of those, without a score
  std::size_t true_front = 0;    ///< size of the front of truth
  std::size_t chosen_front = 0;  ///< size of the front of scores
  std::size_t shared = 0;        ///< architectures on both
  /// The hypervolume of the rows on the front of scores, by their truth, as a
  /// share of the hypervolume of the front of truth. Rows of equal score and
  /// cost, which the proxy cannot tell apart, count with their mean truth. The
  /// reference point is the least truth and the greatest cost of all rows; NaN
  /// where the front of truth consists of that point.
  double hypervolume_ratio = 0;
  std::vector<LimitLoss> limits;
};

/// A row for each proxy to report on. `costs` has the cost of each joined row,
/// NaN where there is none; `name` is the column they come from. `limits` are
/// costs; where they are empty, the quartiles and the greatest cost are used.
/// Architectures without a score are on no front of scores and rank last under
/// a limit. Throws UserError when no architecture has a cost or none is within
/// a limit.
std::vector<CostTradeOff> cost_trade_off(
    const JoinedMetric& joined,
    const std::string& name,
    std::span<const double> costs,
    std::span<const double> limits);

}  // namespace zcp::study
