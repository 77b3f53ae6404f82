// A study: scores joined with truth on the architecture, and what each proxy
// is worth on each metric and subset, beside a baseline proxy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analysis/bootstrap.h"
#include "analysis/rank.h"
#include "benchmarks/table.h"

namespace zcp::analysis {

struct StudyOptions {
  std::vector<std::string> metrics;  ///< columns of the truth
  std::vector<std::string> proxies;  ///< columns of the scores; empty: all
  std::string baseline = "params";
  /// Whether a baseline that is no column is an error or only noted.
  bool baseline_required = false;
  std::string population = "all";  ///< see population()
  std::vector<double> top;         ///< shares, each a subset by true accuracy
  Missing missing = Missing::last;
  std::size_t draws = 1000;  ///< of the bootstrap; 0: no intervals
  std::uint64_t seed = 0;
  IntervalMethod interval = IntervalMethod::percentile;
  bool criteria = false;  ///< nDCG, precision, best rank, regret as well
};

/// One proxy on one metric in one subset. A number that does not exist is NaN:
/// the correlations of a constant column, intervals without draws,
/// differences without a baseline. Intervals are for 95 %.
struct StudyRow {
  std::string proxy;
  std::string metric;
  std::string subset;
  /// Architectures in the statistics; those that rank last for want of a score
  /// count, those dropped do not.
  std::size_t n = 0;
  std::size_t missing = 0;  ///< architectures of the subset without a score
  Correlation kendall{};    ///< tau-b
  Correlation spearman{};
  Correlation pearson{};  ///< over the architectures that have a score
  Interval kendall_interval{};
  Interval spearman_interval{};
  Interval pearson_interval{};
  double weighted_tau = 0;
  /// Tau less the baseline's, both over the architectures that are in both
  /// statistics.
  double tau_minus_baseline = 0;
  Interval tau_minus_baseline_interval{};
  /// One-sided, by the bootstrap; then Holm's adjustment over the proxies of
  /// this metric and subset.
  double p_beats_baseline = 0;
  double p_beats_baseline_holm = 0;
  double partial_tau = 0;  ///< tau with the baseline held fixed
  /// Named criteria of metrics.h, if asked for.
  std::vector<std::pair<std::string, double>> criteria;
};

/// How many rows took part.
struct JoinSummary {
  std::size_t joined = 0;       ///< in both tables
  std::size_t scores_only = 0;  ///< of the scores, without truth
  std::size_t truth_only = 0;   ///< of the truth, without scores
  std::size_t population = 0;   ///< of the joined, in the population
};

struct Study {
  JoinSummary summary;
  std::vector<StudyRow> rows;      ///< by metric, subset, column of the scores
  std::vector<std::string> notes;  ///< what the user should know, a line each
};

/// Throws UserError for a metric, proxy or required baseline that is no column
/// (naming the columns), for tables that share no architecture (with how many
/// each has and an example of each), for a metric without any value, and as
/// population() and top_rows() do.
Study run_study(
    const benchmarks::Table& scores,
    const benchmarks::Table& truth,
    const StudyOptions& options);

}  // namespace zcp::analysis
