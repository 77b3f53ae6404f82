// A rank sum of proxies that is to serve spaces it was not chosen on.
//
// The field's composites were picked on the benchmarks that they are reported
// on. Here one is chosen on all spaces but one and judged on that one alone,
// each space in turn. How many members it has, and whether ranks or their
// logarithms are added, is chosen inside the other spaces by leaving each of
// those out as well, so that nothing is known of the space left out but the
// scores of its architectures. A single proxy is chosen and judged likewise.
//
// Members are added as they are: higher is better, as the proxies say, and none
// is turned over. Ranks are among all architectures of a table of scores, as
// composite.h has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/statistics/bootstrap.h"
#include "analysis/study/composite.h"
#include "analysis/study/join.h"
#include "benchmarks/tables/table.h"

namespace zcp::study {

/// One metric over the architectures of one space.
struct TravelTask {
  std::string space;   ///< tasks of one name are left out together
  std::string metric;  ///< and data set
  /// The scores of the whole pool, under names that all tasks share.
  tables::Table scores;
  std::vector<std::size_t> rows;     ///< of `scores`, those with a truth
  Column truth;                      ///< [of these], without NaN
  std::vector<std::string> proxies;  ///< columns of `scores` to choose from
};

/// What is left out at a time: all tasks of a space, or one task.
enum class LeaveOut { space, task };

struct TravelOptions {
  LeaveOut leave_out = LeaveOut::space;
  std::size_t most = 5;  ///< members at most, 1 or more
  std::size_t draws = 1000;
  std::uint64_t seed = 0;  ///< of the draws and of the rows that choose
  std::string baseline = "params";
  /// Others to compare with. Where a task lacks a member there is no value.
  std::vector<Composite> composites;
};

/// One score on the task left out, and how much more the composite has there.
struct TravelScore {
  std::string role;  ///< "composite", "single", "best", "baseline", "published"
  std::string proxy;  ///< column or composite, as --composites takes it
  double tau = 0;     ///< NaN: the task has no such score
  statistics::Interval interval{};
  double composite_minus = 0;  ///< tau of the composite less this one's
  statistics::Interval composite_minus_interval{};
};

/// What was found on a task that took no part in choosing.
struct TravelResult {
  std::string space;
  std::string metric;
  std::size_t n = 0;
  Composite chosen;             ///< on all tasks that were not left out
  double tau_where_chosen = 0;  ///< the mean over those tasks
  /// First the composite, then the single proxy that was chosen likewise, the
  /// one that happens to be best on this task, the baseline, and the others.
  std::vector<TravelScore> scores;
};

struct Travelling {
  std::vector<std::string> candidates;  ///< proxies that vary in every task
  /// Proxies of some tasks that no composite may use, each with its reason.
  std::vector<std::string> left_out;
  std::vector<TravelResult> results;  ///< in the order of the tasks
  Composite overall;                  ///< chosen on all tasks, for use
  std::vector<double> overall_tau;  ///< of it on each task: where it was chosen
};

/// Text such as "log_rank(a,b)", or the name of a single member.
std::string formula_of(const Composite& composite);

/// The tasks' scores under names that they share. A table that has columns
/// TASK_PROXY beside others' tasks gives those of the metric's task (such as
/// cifar10_nwot for cifar10_valid) without that part; `flops` becomes `macs`
/// and `jacov` becomes `jacob_cov`. Other columns than `proxies` stay away.
tables::Table scores_for_metric(
    const tables::Table& scores,
    const std::vector<std::string>& proxies,
    const std::string& metric);

/// Chooses by the least regret: the sum whose mean tau-b over a space's tasks
/// is least below that of the best single proxies there, on the space where
/// that is worst. A mean over spaces would buy much on one with a loss on
/// another. At most 2,000 rows of a task choose. Every single proxy and every
/// pair is tried; larger sums grow out of the 24 best of one member less. Runs
/// on all cores; the result does not depend on how many. Throws UserError for
/// fewer than two things to leave out, a task of fewer than
/// statistics::kLeastRows rows, and where no proxy varies in every task.
Travelling choose_travelling(
    const std::vector<TravelTask>& tasks,
    const TravelOptions& options);

}  // namespace zcp::study
