#include "analysis/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "analysis/joined.h"
#include "analysis/metrics.h"
#include "analysis/parallel.h"
#include "analysis/subset.h"
#include "common/error.h"

namespace zcp::analysis {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLevel = 0.95;
constexpr Interval kNoInterval{kNan, kNan};

/// `column` without the scores that `other` has none of.
Column masked(const Column& column, const Column& other) {
  Column out = column;
  for (std::size_t row = 0; row < out.size(); ++row) {
    if (std::isnan(other[row])) out[row] = kNan;
  }
  return out;
}

/// Columns under comparison and their resamples.
class Comparison {
 public:
  Comparison(const Joined& joined, const StudyOptions& options)
      : joined_(joined), options_(options) {
    for (const Column& column : joined.scores) add(column);
    for (std::size_t proxy = 0; proxy < joined.shown; ++proxy) {
      opponents_.push_back(opponents_of(proxy));
    }
    if (options.draws == 0) return;
    std::vector<ResampledPair> pairs;
    for (const Column& column : columns_) {
      pairs.emplace_back(column, joined.truth, options.missing);
    }
    replicates_ =
        bootstrap(pairs, joined.truth.size(), options.draws, options.seed);
  }

  StudyRow row(std::size_t proxy, const std::string& subset) const;

 private:
  /// Positions in `columns_` of a proxy and the baseline, both with scores for
  /// the same architectures.
  struct Opponents {
    std::size_t proxy;
    std::size_t baseline;
  };

  std::size_t add(const Column& column) {
    columns_.push_back(column);
    prepared_.push_back(prepare(column, joined_.truth, options_.missing));
    return columns_.size() - 1;
  }

  /// Where rows are dropped, a proxy and the baseline may be left with
  /// different ones; their difference must not come from that.
  std::optional<Opponents> opponents_of(std::size_t proxy) {
    if (!joined_.baseline) return std::nullopt;
    const std::size_t baseline = *joined_.baseline;
    if (options_.missing == Missing::last || proxy == baseline) {
      return Opponents{proxy, baseline};
    }
    const Column& own = joined_.scores[proxy];
    const Column& other = joined_.scores[baseline];
    return Opponents{add(masked(own, other)), add(masked(other, own))};
  }

  double tau(std::size_t column) const {
    return kendall_tau_b(prepared_[column].scores, prepared_[column].truth);
  }

  Interval interval(const Column& draws, double estimate, const Column& left)
      const {
    return options_.interval == IntervalMethod::bca
               ? bca_interval(draws, estimate, left, kLevel)
               : percentile_interval(draws, kLevel);
  }

  /// Leaving rows out is needed for BCa alone.
  Replicates rows_left_out(std::size_t column) const {
    if (options_.interval != IntervalMethod::bca) return {};
    return jackknife(prepared_[column].scores, prepared_[column].truth);
  }

  void add_intervals(std::size_t proxy, StudyRow& row) const;
  void add_difference(const Opponents& opponents, StudyRow& row) const;
  void add_criteria(std::size_t proxy, StudyRow& row) const;

  const Joined& joined_;
  const StudyOptions& options_;
  std::vector<Column> columns_;
  std::vector<Prepared> prepared_;
  std::vector<std::optional<Opponents>> opponents_;
  std::vector<Replicates> replicates_;
};

void Comparison::add_intervals(std::size_t proxy, StudyRow& row) const {
  row.kendall_interval = kNoInterval;
  row.spearman_interval = kNoInterval;
  row.pearson_interval = kNoInterval;
  if (replicates_.empty()) return;
  const Replicates& draws = replicates_[proxy];
  const Replicates left = rows_left_out(proxy);
  row.kendall_interval = interval(draws.tau, row.kendall.value, left.tau);
  row.spearman_interval = interval(draws.rho, row.spearman.value, left.rho);
  row.pearson_interval = interval(draws.r, row.pearson.value, left.r);
}

void Comparison::add_difference(const Opponents& opponents, StudyRow& row)
    const {
  const Prepared& own = prepared_[opponents.proxy];
  const Prepared& other = prepared_[opponents.baseline];
  const double own_tau = tau(opponents.proxy);
  const double other_tau = tau(opponents.baseline);
  row.tau_minus_baseline = own_tau - other_tau;
  const bool itself = opponents.proxy == opponents.baseline;
  if (!itself) {
    const double between = kendall_tau_b(own.scores, other.scores);
    row.partial_tau = partial_correlation(own_tau, between, other_tau);
  }
  if (replicates_.empty()) return;
  const Column draws = differences(
      replicates_[opponents.proxy].tau, replicates_[opponents.baseline].tau);
  const Column left = differences(
      rows_left_out(opponents.proxy).tau,
      rows_left_out(opponents.baseline).tau);
  row.tau_minus_baseline_interval =
      interval(draws, row.tau_minus_baseline, left);
  if (!itself) row.p_beats_baseline = p_above_zero(draws);
}

void Comparison::add_criteria(std::size_t proxy, StudyRow& row) const {
  const auto& [scores, truth] = prepared_[proxy];
  if (scores.empty()) return;
  for (const std::size_t k : {50, 100, 1000}) {
    row.criteria.emplace_back(
        fmt::format("ndcg_{}", k), ndcg_at(scores, truth, k));
  }
  for (const double share : {0.01, 0.05, 0.1}) {
    row.criteria.emplace_back(
        fmt::format("precision_top_{}", share),
        precision_at(scores, truth, rows_of_share(scores.size(), share)));
  }
  for (const std::size_t k : {1, 10, 100}) {
    row.criteria.emplace_back(
        fmt::format("best_rank_{}", k), best_rank_at(scores, truth, k));
  }
  for (const std::size_t k : {1, 10}) {
    row.criteria.emplace_back(
        fmt::format("regret_{}", k), regret_at(scores, truth, k));
  }
}

StudyRow Comparison::row(std::size_t proxy, const std::string& subset) const {
  const Column& column = joined_.scores[proxy];
  const Prepared& ranked = prepared_[proxy];
  const Prepared present = prepare(column, joined_.truth, Missing::drop);
  StudyRow row;
  row.proxy = joined_.proxies[proxy];
  row.metric = joined_.metric;
  row.subset = subset;
  row.n = ranked.truth.size();
  row.missing = column.size() - present.truth.size();
  row.kendall = kendall_test(ranked.scores, ranked.truth);
  row.spearman = spearman_test(ranked.scores, ranked.truth);
  row.pearson = pearson_test(present.scores, present.truth);
  row.weighted_tau = weighted_tau(ranked.scores, ranked.truth);
  add_intervals(proxy, row);
  row.tau_minus_baseline = kNan;
  row.tau_minus_baseline_interval = kNoInterval;
  row.p_beats_baseline = kNan;
  row.partial_tau = kNan;
  if (const auto& opponents = opponents_[proxy]) {
    add_difference(*opponents, row);
  }
  if (options_.criteria) add_criteria(proxy, row);
  return row;
}

void adjust_p_values(std::span<StudyRow> rows) {
  Column p_values;
  for (const StudyRow& row : rows) p_values.push_back(row.p_beats_baseline);
  const Column adjusted = holm(p_values);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].p_beats_baseline_holm = adjusted[i];
  }
}

std::vector<StudyRow> compare(
    const Joined& joined,
    const std::string& subset,
    const StudyOptions& options) {
  const Comparison comparison(joined, options);
  std::vector<StudyRow> rows(joined.shown);
  parallel_for(joined.shown, [&](std::size_t proxy) {
    rows[proxy] = comparison.row(proxy, subset);
  });
  adjust_p_values(rows);
  return rows;
}

std::vector<Subset> subsets_of(
    const Joined& joined,
    const StudyOptions& options) {
  std::vector<Subset> subsets{all_rows(joined.truth.size())};
  for (const double share : options.top) {
    subsets.push_back(top_rows(joined.truth, share));
  }
  return subsets;
}

std::vector<std::string> notes_on(
    const Selection& selection,
    const benchmarks::Table& scores,
    const StudyOptions& options) {
  if (selection.baseline) return {};
  return {fmt::format(
      "{} has no column {}: no difference to the baseline (--baseline names "
      "another)",
      scores.source,
      options.baseline)};
}

}  // namespace

Study run_study(
    const benchmarks::Table& scores,
    const benchmarks::Table& truth,
    const StudyOptions& options) {
  const Selection selection = select_columns(
      scores, options.proxies, options.baseline, options.baseline_required);
  for (const std::string& metric : options.metrics) {
    require_column(truth, metric, "metric");
  }
  const std::vector<Match> matches = join(scores, truth);
  const std::vector<Match> members =
      restrict_to(options.population, matches, truth);
  Study study;
  study.notes = notes_on(selection, scores, options);
  study.summary.joined = matches.size();
  study.summary.scores_only = scores.arch.size() - matches.size();
  study.summary.truth_only = truth.arch.size() - matches.size();
  study.summary.population = members.size();
  for (const std::string& metric : options.metrics) {
    const Joined joined = collect(scores, truth, members, selection, metric);
    for (const Subset& subset : subsets_of(joined, options)) {
      std::vector<StudyRow> rows =
          compare(take(joined, subset), subset.name, options);
      std::move(rows.begin(), rows.end(), std::back_inserter(study.rows));
    }
  }
  return study;
}

}  // namespace zcp::analysis
