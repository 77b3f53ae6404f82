#include "analysis/study/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "analysis/statistics/metrics.h"
#include "common/missing.h"
#include "common/parallel.h"

namespace zcp::study {
namespace {

constexpr statistics::Interval kNoInterval{kNan, kNan};

/// `column`, with NaN wherever `other` has no score.
Column masked(const Column& column, const Column& other) {
  Column out = column;
  for (std::size_t row = 0; row < out.size(); ++row) {
    if (std::isnan(other[row])) out[row] = kNan;
  }
  return out;
}

/// The test's correlation, without a p-value over too few rows.
statistics::Correlation claimed(
    statistics::Correlation correlation,
    std::size_t rows) {
  if (rows < statistics::kLeastRows) correlation.p_value = kNan;
  return correlation;
}

bool missing_alike(const Column& a, const Column& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) {
    return std::isnan(x) == std::isnan(y);
  });
}

/// The columns of one metric and subset, with their resamples, which all
/// comparisons share.
class Comparison {
 public:
  Comparison(const JoinedMetric& joined, const StudyOptions& options)
      : joined_(joined), options_(options) {
    for (const Column& column : joined.scores) add(column);
    for (std::size_t proxy = 0; proxy < joined.reported; ++proxy) {
      if (joined.baseline) {
        versus_baseline_.push_back(contest(proxy, *joined.baseline));
      }
      for (std::size_t other = proxy + 1; other < joined.reported; ++other) {
        if (options.differences) pairs_.push_back(contest(proxy, other));
      }
    }
    if (options.draws == 0) return;
    std::vector<statistics::ResampledPair> pairs;
    for (const Column& column : columns_) {
      pairs.emplace_back(column, joined.truth, options.missing);
    }
    replicates_ = statistics::bootstrap(
        pairs, joined.truth.size(), options.draws, options.seed);
  }

  StudyRow row(std::size_t proxy, const std::string& subset) const;
  /// Every pair of proxies, if the options ask for them.
  std::vector<PairDifference> differences(const std::string& subset) const;

 private:
  /// Two proxies, and where `columns_` has them with scores for the same
  /// architectures.
  struct Contest {
    std::size_t proxy;
    std::size_t other;
    std::size_t column;
    std::size_t other_column;
  };

  /// The difference of their taus.
  struct Difference {
    double value;
    Column draws;
    statistics::Interval interval;
  };

  std::size_t add(const Column& column) {
    columns_.push_back(column);
    read_.push_back(
        statistics::settle_missing(column, joined_.truth, options_.missing));
    return columns_.size() - 1;
  }

  /// Where rows without a score are dropped, two proxies may be left with
  /// different rows. They are compared over the rows that both have.
  Contest contest(std::size_t proxy, std::size_t other) {
    const Column& own = joined_.scores[proxy];
    const Column& others = joined_.scores[other];
    if (options_.missing == statistics::Missing::last ||
        missing_alike(own, others)) {
      return {proxy, other, proxy, other};
    }
    return {proxy, other, add(masked(own, others)), add(masked(others, own))};
  }

  double tau(std::size_t column) const {
    return statistics::kendall_tau_b(read_[column].x, read_[column].y);
  }

  std::size_t rows(std::size_t column) const { return read_[column].x.size(); }

  statistics::Interval interval(
      const Column& draws,
      double estimate,
      const Column& left,
      std::size_t rows) const {
    if (rows < statistics::kLeastRows) return kNoInterval;
    return options_.interval == statistics::IntervalMethod::bca
               ? statistics::bca_interval(
                     draws, estimate, left, statistics::kConfidence)
               : statistics::percentile_interval(
                     draws, statistics::kConfidence);
  }

  /// The jackknife of a column; empty unless the interval is BCa, which alone
  /// needs it.
  statistics::Replicates rows_left_out(std::size_t column) const {
    if (options_.interval != statistics::IntervalMethod::bca) return {};
    return statistics::jackknife(read_[column].x, read_[column].y);
  }

  void add_intervals(std::size_t proxy, StudyRow& row) const;
  Difference difference(const Contest& contest) const;
  void add_difference(const Contest& contest, StudyRow& row) const;
  void add_criteria(std::size_t proxy, StudyRow& row) const;

  const JoinedMetric& joined_;
  const StudyOptions& options_;
  std::vector<Column> columns_;  ///< of the proxies, then those of contests
  /// Each of `columns_` beside the truth, missing scores settled.
  std::vector<statistics::ColumnPair> read_;
  std::vector<Contest> versus_baseline_;  ///< a proxy each; empty without
  std::vector<Contest> pairs_;
  std::vector<statistics::Replicates> replicates_;
};

void Comparison::add_intervals(std::size_t proxy, StudyRow& row) const {
  row.kendall_interval = kNoInterval;
  row.spearman_interval = kNoInterval;
  row.pearson_interval = kNoInterval;
  if (replicates_.empty()) return;
  const statistics::Replicates& draws = replicates_[proxy];
  const statistics::Replicates left = rows_left_out(proxy);
  row.kendall_interval =
      interval(draws.tau, row.kendall.value, left.tau, row.n);
  row.spearman_interval =
      interval(draws.rho, row.spearman.value, left.rho, row.n);
  row.pearson_interval = interval(
      draws.r, row.pearson.value, left.r, joined_.truth.size() - row.missing);
}

Comparison::Difference Comparison::difference(const Contest& contest) const {
  Difference out;
  out.value = tau(contest.column) - tau(contest.other_column);
  out.interval = kNoInterval;
  const std::size_t shared = rows(contest.column);
  if (replicates_.empty() || shared < statistics::kLeastRows) return out;
  out.draws = statistics::differences(
      replicates_[contest.column].tau, replicates_[contest.other_column].tau);
  const Column left = statistics::differences(
      rows_left_out(contest.column).tau,
      rows_left_out(contest.other_column).tau);
  out.interval = interval(out.draws, out.value, left, shared);
  return out;
}

void Comparison::add_difference(const Contest& contest, StudyRow& row) const {
  const Difference found = difference(contest);
  row.tau_minus_baseline = found.value;
  row.tau_minus_baseline_interval = found.interval;
  if (contest.proxy == contest.other) return;
  const statistics::ColumnPair& own = read_[contest.column];
  const statistics::ColumnPair& other = read_[contest.other_column];
  row.partial_tau = statistics::partial_correlation(
      tau(contest.column),
      statistics::kendall_tau_b(own.x, other.x),
      tau(contest.other_column));
  row.p_beats_baseline = statistics::p_above_zero(found.draws);
}

std::vector<PairDifference> Comparison::differences(
    const std::string& subset) const {
  std::vector<PairDifference> rows(pairs_.size());
  parallel_for(pairs_.size(), [&](std::size_t i) {
    const Difference found = difference(pairs_[i]);
    Column reversed = found.draws;
    for (double& draw : reversed) draw = -draw;
    const double one_sided = std::min(
        statistics::p_above_zero(found.draws),
        statistics::p_above_zero(reversed));
    rows[i] = {
        joined_.metric,
        subset,
        joined_.proxies[pairs_[i].proxy],
        joined_.proxies[pairs_[i].other],
        found.value,
        found.interval,
        std::min(1.0, 2 * one_sided),
        kNan};
    if (std::isnan(one_sided)) rows[i].p = kNan;
  });
  Column p_values;
  for (const PairDifference& row : rows) p_values.push_back(row.p);
  const Column adjusted = statistics::holm(p_values);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].p_holm = adjusted[i];
  return rows;
}

void Comparison::add_criteria(std::size_t proxy, StudyRow& row) const {
  const auto& [scores, truth] = read_[proxy];
  if (scores.empty()) return;
  for (const std::size_t k : {50, 100, 1000}) {
    row.criteria.emplace_back(
        fmt::format("ndcg_{}", k), statistics::ndcg_at(scores, truth, k));
  }
  for (const double share : {0.01, 0.05, 0.1}) {
    row.criteria.emplace_back(
        fmt::format("precision_top_{}", share),
        statistics::precision_at(
            scores, truth, statistics::rows_of_share(scores.size(), share)));
  }
  for (const std::size_t k : {1, 10, 100}) {
    row.criteria.emplace_back(
        fmt::format("best_rank_{}", k),
        statistics::best_rank_at(scores, truth, k));
  }
  for (const std::size_t k : {1, 10}) {
    row.criteria.emplace_back(
        fmt::format("regret_{}", k), statistics::regret_at(scores, truth, k));
  }
}

StudyRow Comparison::row(std::size_t proxy, const std::string& subset) const {
  const Column& column = joined_.scores[proxy];
  const auto& [scores, truth] = read_[proxy];
  const statistics::ColumnPair present = statistics::settle_missing(
      column, joined_.truth, statistics::Missing::drop);
  StudyRow row;
  row.proxy = joined_.proxies[proxy];
  row.metric = joined_.metric;
  row.subset = subset;
  row.n = truth.size();
  row.missing = column.size() - present.y.size();
  row.kendall = claimed(statistics::kendall_test(scores, truth), row.n);
  row.spearman = claimed(statistics::spearman_test(scores, truth), row.n);
  row.pearson =
      claimed(statistics::pearson_test(present.x, present.y), present.x.size());
  row.weighted_tau = statistics::weighted_tau(scores, truth);
  add_intervals(proxy, row);
  row.tau_minus_baseline = kNan;
  row.tau_minus_baseline_interval = kNoInterval;
  row.p_beats_baseline = kNan;
  row.partial_tau = kNan;
  if (!versus_baseline_.empty()) {
    add_difference(versus_baseline_[proxy], row);
  }
  if (options_.criteria) add_criteria(proxy, row);
  return row;
}

void adjust_p_values(std::span<StudyRow> rows) {
  Column p_values;
  for (const StudyRow& row : rows) p_values.push_back(row.p_beats_baseline);
  const Column adjusted = statistics::holm(p_values);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].p_beats_baseline_holm = adjusted[i];
  }
}

}  // namespace

Findings compare_on_subset(
    const JoinedMetric& joined,
    const std::string& subset,
    const StudyOptions& options) {
  const Comparison comparison(joined, options);
  Findings findings;
  findings.rows.resize(joined.reported);
  parallel_for(joined.reported, [&](std::size_t proxy) {
    findings.rows[proxy] = comparison.row(proxy, subset);
  });
  adjust_p_values(findings.rows);
  findings.differences = comparison.differences(subset);
  return findings;
}

}  // namespace zcp::study
