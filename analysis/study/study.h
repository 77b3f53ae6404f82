// A study: scores joined with truth on the architecture, and what each proxy
// is worth on each metric and subset, beside a baseline proxy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analysis/statistics/bootstrap.h"
#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/study/budget.h"
#include "analysis/study/ceiling.h"
#include "analysis/study/join.h"
#include "benchmarks/tables/table.h"

namespace zcp::study {

struct StudyOptions {
  std::vector<std::string> metrics;  ///< columns of the truth
  /// Columns of the scores; empty: see proxy_columns().
  std::vector<std::string> proxies;
  std::string baseline = "params";
  /// Whether it is an error, or only noted, that no column is the baseline.
  bool baseline_required = false;
  std::string population = "all";  ///< see population()
  std::vector<double> top;         ///< shares, each a subset by true accuracy
  /// Subsets by a column of the scores or, if they have none of that name, of
  /// the truth.
  std::vector<Bins> bins;
  std::vector<Range> ranges;
  /// Columns of the truth that are single runs of every metric; empty: those
  /// that seed_columns() finds for each.
  std::vector<std::string> ceiling;
  statistics::Missing missing = statistics::Missing::last;
  std::size_t draws = 1000;  ///< of the bootstrap; 0: no intervals
  std::uint64_t seed = 0;
  statistics::IntervalMethod interval = statistics::IntervalMethod::percentile;
  bool criteria = false;     ///< nDCG, precision, best rank, regret as well
  bool differences = false;  ///< of every pair of proxies as well
};

/// One proxy on one metric in one subset. A number that does not exist is NaN:
/// the correlations of a constant column, Pearson's with infinite values,
/// intervals without draws, differences without a baseline; intervals and
/// p-values over fewer than statistics::kLeastRows architectures. Intervals are
/// for 95 %.
struct StudyRow {
  std::string proxy;
  std::string metric;
  std::string subset;
  /// Architectures in the statistics. Those that rank last because they have no
  /// score count; those that are dropped do not.
  std::size_t n = 0;
  std::size_t missing = 0;  ///< architectures of the subset without a score
  statistics::Correlation kendall{};  ///< tau-b
  statistics::Correlation spearman{};
  statistics::Correlation
      pearson{};  ///< over the architectures that have a score
  statistics::Interval kendall_interval{};
  statistics::Interval spearman_interval{};
  statistics::Interval pearson_interval{};
  double weighted_tau = 0;
  /// Tau less the baseline's, both over the architectures that are in both
  /// statistics.
  double tau_minus_baseline = 0;
  statistics::Interval tau_minus_baseline_interval{};
  /// One-sided, by the bootstrap; then Holm's adjustment over the proxies of
  /// this metric and subset.
  double p_beats_baseline = 0;
  double p_beats_baseline_holm = 0;
  double partial_tau = 0;  ///< tau with the baseline held fixed
  /// Named criteria of metrics.h, if asked for.
  std::vector<std::pair<std::string, double>> criteria;
};

/// Two proxies on one metric in one subset.
struct PairDifference {
  std::string metric;
  std::string subset;
  std::string proxy;
  std::string other;
  /// Tau of `proxy` less that of `other`, both over the architectures that are
  /// in both statistics.
  double tau_difference = 0;
  statistics::Interval interval{};
  /// Two-sided, by the bootstrap; then Holm's adjustment over the pairs of
  /// this metric and subset.
  double p = 0;
  double p_holm = 0;
};

/// How many rows took part.
struct JoinSummary {
  std::size_t joined = 0;       ///< in both tables
  std::size_t scores_only = 0;  ///< of the scores, without truth
  std::size_t truth_only = 0;   ///< of the truth, without scores
  std::size_t population = 0;   ///< of the joined, in the population
};

/// Scores and truth of a study, brought together once for all that reads them.
struct JoinedStudy {
  JoinSummary summary;
  std::vector<std::string> notes;   ///< what the user should know, a line each
  std::vector<MatchedRow> members;  ///< of the population, in truth's order
  std::vector<JoinedMetric> metrics;  ///< in the order asked for
};

/// Throws UserError for a metric, proxy or required baseline that is no column
/// (naming the columns), for tables that share no architecture (with how many
/// each has and an example of each), for a metric without any value, and as
/// population() does.
JoinedStudy join_study(
    const tables::Table& scores,
    const tables::Table& truth,
    const StudyOptions& options);

/// The joined tables and what is found in them.
struct Study : JoinedStudy {
  /// By metric, subset, column of the scores; without subsets of fewer than
  /// statistics::kLeastRows architectures, which the notes name.
  std::vector<StudyRow> rows;
  std::vector<PairDifference> differences;  ///< in the same order, if asked for
  /// By metric and subset, for metrics whose single runs the truth has.
  std::vector<Ceiling> ceilings;
};

/// Throws UserError as join_study() does, for a column of a bin, range or
/// ceiling that is in no table, and as top_rows() and range_rows() do.
Study run_study(
    const tables::Table& scores,
    const tables::Table& truth,
    const StudyOptions& options);

}  // namespace zcp::study
