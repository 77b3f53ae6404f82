#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "analysis/report/verdict.h"
#include "apps/correlate/print.h"
#include "apps/study_tables.h"
#include "apps/text_table.h"

namespace zcp::apps {
namespace {

using study::StudyRow;

/// The names of the columns; `versus` those of the difference to a baseline.
Cells header(const std::string& baseline, bool versus) {
  Cells cells{"proxy", "missing", "tau", "rho", "r", "weighted tau"};
  if (versus) {
    cells.push_back("tau - " + baseline);
    cells.push_back("p (Holm)");
  }
  return cells;
}

Cells to_cells(const StudyRow& row, bool versus) {
  Cells cells{
      row.proxy,
      fmt::format("{}", row.missing),
      with_interval(row.kendall.value, row.kendall_interval),
      with_interval(row.spearman.value, row.spearman_interval),
      short_number(row.pearson.value),
      short_number(row.weighted_tau)};
  if (versus) {
    cells.push_back(
        with_interval(row.tau_minus_baseline, row.tau_minus_baseline_interval));
    cells.push_back(short_number(row.p_beats_baseline_holm));
  }
  return cells;
}

/// A second table: how good the best-scored are.
void print_criteria(const std::vector<StudyRow>& rows, TableWriter& out) {
  if (rows.front().criteria.empty()) return;
  std::vector<Cells> lines{{"proxy"}};
  for (const auto& [name, value] : rows.front().criteria) {
    lines.front().push_back(name);
  }
  for (const StudyRow& row : rows) {
    Cells cells{row.proxy};
    for (const auto& [name, value] : row.criteria) {
      cells.push_back(brief_number(value));
    }
    cells.resize(lines.front().size(), "-");
    lines.push_back(std::move(cells));
  }
  out.table(lines);
}

/// One metric and subset, the best tau first.
void print_table(
    std::vector<StudyRow> rows,
    const std::string& baseline,
    TableWriter& out) {
  const auto key = [](const StudyRow& row) {
    return std::isnan(row.kendall.value) ? -2.0 : row.kendall.value;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](auto& a, auto& b) {
    return key(a) > key(b);
  });
  const bool versus = std::any_of(rows.begin(), rows.end(), [](auto& row) {
    return !std::isnan(row.tau_minus_baseline);
  });
  std::vector<Cells> lines{header(baseline, versus)};
  std::vector<std::size_t> good;
  std::size_t most = 0;
  for (const StudyRow& row : rows) {
    lines.push_back(to_cells(row, versus));
    if (report::verdict_of(row, baseline) == report::Verdict::beats) {
      good.push_back(lines.size() - 1);
    }
    most = std::max(most, row.n);
  }
  out.title(fmt::format(
      "{}, {}: n = {}", rows.front().metric, rows.front().subset, most));
  out.table(lines, 1, 2, good);
  if (most < statistics::kLeastRows) {
    out.note(
        fmt::format(
            "fewer than {} architectures: no interval, p-value or verdict",
            statistics::kLeastRows),
        2);
  }
  print_criteria(rows, out);
}

/// How well runs of the metric agree among themselves.
void print_ceiling(
    const study::Study& study,
    const StudyRow& row,
    TableWriter& out) {
  for (const study::Ceiling& ceiling : study.ceilings) {
    if (ceiling.metric != row.metric || ceiling.subset != row.subset) continue;
    out.note(
        fmt::format(
            "noise ceiling, {} runs of {} architectures: run to run tau {}, "
            "rho "
            "{}; a run to the mean of the others tau {}, rho {}",
            ceiling.columns.size(),
            ceiling.n,
            with_interval(ceiling.tau, ceiling.tau_interval),
            with_interval(ceiling.rho, ceiling.rho_interval),
            short_number(ceiling.run_tau),
            short_number(ceiling.run_rho)),
        2);
    return;
  }
}

/// The paired differences of one metric and subset, the greatest first.
void print_differences(
    const study::Study& study,
    const StudyRow& row,
    TableWriter& out) {
  std::vector<study::PairDifference> pairs;
  for (const study::PairDifference& pair : study.differences) {
    if (pair.metric == row.metric && pair.subset == row.subset) {
      pairs.push_back(pair);
    }
  }
  if (pairs.empty()) return;
  std::stable_sort(pairs.begin(), pairs.end(), [](auto& a, auto& b) {
    return std::abs(a.tau_difference) > std::abs(b.tau_difference);
  });
  std::vector<Cells> lines{{"proxy", "less", "tau - tau", "p", "p (Holm)"}};
  for (const study::PairDifference& pair : pairs) {
    lines.push_back(
        {pair.proxy,
         pair.other,
         with_interval(pair.tau_difference, pair.interval),
         short_number(pair.p),
         short_number(pair.p_holm)});
  }
  out.title(fmt::format(
      "{}, {}: differences of every two proxies", row.metric, row.subset));
  out.table(lines, 2);
}

void print_tables(
    const study::Study& study,
    const std::string& baseline,
    TableWriter& out) {
  const std::vector<StudyRow>& rows = study.rows;
  std::size_t first = 0;
  for (std::size_t i = 1; i <= rows.size(); ++i) {
    if (i < rows.size() && rows[i].metric == rows[first].metric &&
        rows[i].subset == rows[first].subset) {
      continue;
    }
    if (first != 0) out.gap();
    const auto begin = rows.begin();
    print_table(
        {begin + static_cast<std::ptrdiff_t>(first),
         begin + static_cast<std::ptrdiff_t>(i)},
        baseline,
        out);
    print_ceiling(study, rows[first], out);
    print_differences(study, rows[first], out);
    first = i;
  }
}

/// "zico 11, naswot 3" of the whole population, "none".
std::string missing_counts(const std::vector<StudyRow>& rows) {
  std::vector<std::string> parts;
  for (const StudyRow& row : rows) {
    if (row.subset != "all" || row.metric != rows.front().metric) continue;
    if (row.missing != 0) {
      parts.push_back(fmt::format("{} {}", row.proxy, row.missing));
    }
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

/// The sentence that a report's page has as its headline, a metric each.
void print_verdicts(
    const std::vector<StudyRow>& rows,
    const study::StudyOptions& options) {
  for (const std::string& metric : options.metrics) {
    std::vector<StudyRow> own;
    for (const StudyRow& row : rows) {
      if (row.metric == metric) own.push_back(row);
    }
    if (own.empty()) continue;
    const report::Answer answer = report::answer_of(own, options);
    std::cerr << answer.headline << " " << answer.detail << "\n";
  }
}

}  // namespace

void print_summary(const CorrelateResult& result) {
  const study::StudyOptions& options = result.options.request.study;
  print_notes(result.study.notes);
  if (result.study.rows.empty()) return;
  print_join_summary(result.study, options);
  const bool last = options.missing == statistics::Missing::last;
  std::cerr << fmt::format(
      "missing scores ({}): {}\n",
      last ? "ranked last" : "dropped",
      missing_counts(result.study.rows));
  print_verdicts(result.study.rows, options);
}

void print_study(const CorrelateResult& result, TableWriter& out) {
  if (result.study.rows.empty()) return;
  print_tables(result.study, result.options.request.study.baseline, out);
}

void print_text(const CorrelateResult& result, TableWriter& out) {
  print_study(result, out);
  print_published(result, out);
  print_ensembles(result, out);
  print_costs(result, out);
  print_matrix(result, out);
  print_stability(result, out);
}

}  // namespace zcp::apps
