#include "analysis/study/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "analysis/study/comparison.h"
#include "analysis/study/proxy_columns.h"
#include "analysis/study/subset.h"

namespace zcp::study {
namespace {

/// A subset. `share` is set where it has that share of the rows, the best by
/// truth.
struct Part {
  Subset subset;
  std::optional<double> share;
};

/// The metric's single runs at the joined rows; none where the truth has none.
std::vector<Column> runs_of(
    const tables::Table& truth,
    const JoinedMetric& joined,
    const std::vector<std::string>& names) {
  std::vector<Column> runs;
  for (const std::string& name : names) {
    const std::size_t column = require_column(truth, name, "ceiling");
    Column& run = runs.emplace_back();
    for (const MatchedRow& row : joined.rows) {
      run.push_back(truth.values[column][row.truth_row]);
    }
  }
  return runs;
}

/// The noise ceiling of a metric in a subset, if the truth has its runs.
void add_ceiling(
    const tables::Table& truth,
    const JoinedMetric& joined,
    const Part& part,
    const StudyOptions& options,
    Study& study) {
  const std::vector<std::string> names =
      options.ceiling.empty() ? seed_columns(truth.columns, joined.metric)
                              : options.ceiling;
  if (names.empty()) return;
  const std::vector<Column> all = runs_of(truth, joined, names);
  std::vector<Column> runs;
  for (const Column& run : all)
    runs.push_back(elements_at(run, part.subset.rows));
  Ceiling ceiling = noise_ceiling(runs, options.draws, options.seed);
  // Each run is compared over the rows that are best by the other runs. Those
  // may lie outside the subset, so all rows are needed.
  add_run_as_proxy(part.share ? all : runs, part.share, ceiling);
  ceiling.metric = joined.metric;
  ceiling.subset = part.subset.name;
  ceiling.columns = names;
  study.ceilings.push_back(std::move(ceiling));
}

std::vector<Part> parts_of(
    const tables::Table& scores,
    const tables::Table& truth,
    const JoinedMetric& joined,
    const StudyOptions& options) {
  std::vector<Part> parts{{all_rows(joined.truth.size()), {}}};
  for (const double share : options.top) {
    parts.push_back({top_rows(joined.truth, share), share});
  }
  for (const Bins& bins : options.bins) {
    const Column values = column_of(scores, truth, joined.rows, bins.column);
    for (Subset& subset : quantile_bins(bins, values)) {
      parts.push_back({std::move(subset), {}});
    }
  }
  for (const Range& range : options.ranges) {
    const Column values = column_of(scores, truth, joined.rows, range.column);
    parts.push_back({range_rows(range, values), {}});
  }
  return parts;
}

/// Notes how little may be claimed where there are few architectures, and takes
/// out the subsets that are too small to be shown.
void leave_out_small(
    const JoinedMetric& joined,
    std::vector<Part>& parts,
    std::vector<std::string>& notes) {
  if (joined.truth.size() < statistics::kLeastRows) {
    notes.push_back(fmt::format(
        "{}: n = {}, fewer than {} architectures: no interval, p-value or "
        "verdict",
        joined.metric,
        joined.truth.size(),
        statistics::kLeastRows));
  }
  std::vector<std::string> small;
  std::erase_if(parts, [&](const Part& part) {
    const std::size_t rows = part.subset.rows.size();
    if (part.subset.name == "all" || rows >= statistics::kLeastRows) {
      return false;
    }
    small.push_back(fmt::format("{} (n = {})", part.subset.name, rows));
    return true;
  });
  if (small.empty()) return;
  notes.push_back(fmt::format(
      "{}: fewer than {} architectures, not shown: {}",
      joined.metric,
      statistics::kLeastRows,
      fmt::join(small, ", ")));
}

/// Notes which proxies are left with too few architectures for a claim where
/// others have enough.
void note_few_scores(
    const Subset& subset,
    const std::vector<StudyRow>& rows,
    std::vector<std::string>& notes) {
  if (subset.rows.size() < statistics::kLeastRows) return;
  std::vector<std::string> few;
  for (const StudyRow& row : rows) {
    if (row.n >= statistics::kLeastRows) continue;
    few.push_back(fmt::format("{} (n = {})", row.proxy, row.n));
  }
  if (few.empty()) return;
  notes.push_back(fmt::format(
      "{}, {}: no interval, p-value or verdict over fewer than {} "
      "architectures: {}",
      rows.front().metric,
      subset.name,
      statistics::kLeastRows,
      fmt::join(few, ", ")));
}

void check_metrics(
    const tables::Table& truth,
    const std::vector<std::string>& metrics) {
  for (const std::string& metric : metrics) {
    require_column(truth, metric, "metric");
  }
}

JoinSummary summarise(
    const tables::Table& scores,
    const tables::Table& truth,
    std::size_t joined,
    std::size_t population) {
  JoinSummary summary;
  summary.joined = joined;
  summary.scores_only = scores.arch.size() - joined;
  summary.truth_only = truth.arch.size() - joined;
  summary.population = population;
  return summary;
}

std::vector<std::string> notes_on(
    const ChosenColumns& chosen,
    const tables::Table& scores,
    const tables::Table& truth,
    const StudyOptions& options) {
  std::vector<std::string> notes = notes_of_scores(scores, options);
  if (scores.source != truth.source) {
    std::ranges::move(notes_of(truth), std::back_inserter(notes));
  }
  if (!chosen.baseline && !options.baseline.empty()) {
    notes.push_back(fmt::format(
        "{} has no numeric column {}: no difference to the baseline "
        "(--baseline names another)",
        scores.source,
        options.baseline));
  }
  return notes;
}

}  // namespace

JoinedStudy join_study(
    const tables::Table& scores,
    const tables::Table& truth,
    const StudyOptions& options) {
  const ChosenColumns chosen = choose_columns(
      scores,
      proxy_columns(scores, options).proxies,
      options.baseline,
      options.baseline_required);
  check_metrics(truth, options.metrics);
  const std::vector<MatchedRow> matches = join(scores, truth);
  JoinedStudy joined;
  joined.members = members_of(options.population, matches, scores, truth);
  joined.summary =
      summarise(scores, truth, matches.size(), joined.members.size());
  joined.notes = notes_on(chosen, scores, truth, options);
  for (const std::string& metric : options.metrics) {
    joined.metrics.push_back(
        join_metric(scores, truth, joined.members, chosen, metric));
  }
  return joined;
}

Study run_study(
    const tables::Table& scores,
    const tables::Table& truth,
    const StudyOptions& options) {
  Study study{join_study(scores, truth, options), {}, {}, {}};
  for (const JoinedMetric& metric : study.metrics) {
    std::vector<Part> parts = parts_of(scores, truth, metric, options);
    leave_out_small(metric, parts, study.notes);
    for (const Part& part : parts) {
      const std::string& name = part.subset.name;
      Findings found =
          compare_on_subset(rows_of(metric, part.subset), name, options);
      note_few_scores(part.subset, found.rows, study.notes);
      std::ranges::move(found.rows, std::back_inserter(study.rows));
      std::ranges::move(
          found.differences, std::back_inserter(study.differences));
      add_ceiling(truth, metric, part, options, study);
    }
  }
  return study;
}

}  // namespace zcp::study
