#include "analysis/study/join.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "analysis/study/spec_names.h"
#include "common/error.h"

namespace zcp::study {
namespace {

/// The rows that no match has.
std::vector<std::size_t> unmatched_rows(
    const tables::Table& table,
    const std::vector<MatchedRow>& matches,
    std::size_t MatchedRow::*side) {
  std::vector<bool> matched(table.arch.size());
  for (const MatchedRow& match : matches) matched[match.*side] = true;
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < matched.size(); ++row) {
    if (!matched[row]) rows.push_back(row);
  }
  return rows;
}

/// Adds the rows that have the same architecture in other words.
void match_specs(
    const tables::Table& scores,
    const tables::Table& truth,
    std::vector<MatchedRow>& matches) {
  const auto score_rows =
      unmatched_rows(scores, matches, &MatchedRow::score_row);
  const auto truth_rows =
      unmatched_rows(truth, matches, &MatchedRow::truth_row);
  if (score_rows.empty() || truth_rows.empty()) return;
  const SpecNames names = spec_names(scores, score_rows, truth, truth_rows);
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t i = 0; i < score_rows.size(); ++i) {
    row_of.emplace(names.scores[i], score_rows[i]);
  }
  for (std::size_t i = 0; i < truth_rows.size(); ++i) {
    const auto found = row_of.find(names.truth[i]);
    if (found != row_of.end())
      matches.push_back({found->second, truth_rows[i]});
  }
  std::ranges::sort(matches, {}, &MatchedRow::truth_row);
}

std::string example(const tables::Table& table) {
  return table.arch.empty() ? "none" : table.arch.front();
}

}  // namespace

std::optional<std::size_t> find_column(
    const tables::Table& table,
    std::string_view name) {
  const auto found =
      std::find(table.columns.begin(), table.columns.end(), name);
  if (found == table.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.columns.begin());
}

void refuse_left_out(const tables::Table& table, std::string_view name) {
  for (const tables::LeftOut& column : table.left_out) {
    if (column.column != name) continue;
    throw UserError("{}: {}", table.source, column.text());
  }
}

std::size_t require_column(
    const tables::Table& table,
    const std::string& name,
    std::string_view what) {
  if (const auto column = find_column(table, name)) return *column;
  refuse_left_out(table, name);
  const std::string near = nearest_name(name, table.columns);
  throw UserError(
      "{}: no column {} for the {}{} (columns: {})",
      table.source,
      name,
      what,
      near.empty() ? "" : ", did you mean " + near + "?",
      fmt::join(table.columns, ", "));
}

std::vector<MatchedRow> join(
    const tables::Table& scores,
    const tables::Table& truth) {
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t row = 0; row < scores.arch.size(); ++row) {
    row_of.emplace(scores.arch[row], row);
  }
  std::vector<MatchedRow> matches;
  for (std::size_t row = 0; row < truth.arch.size(); ++row) {
    const auto found = row_of.find(truth.arch[row]);
    if (found != row_of.end()) matches.push_back({found->second, row});
  }
  match_specs(scores, truth, matches);
  if (!matches.empty()) return matches;
  throw UserError(
      "no architecture is in both tables: {} has {} rows (such as {}), {} has "
      "{} rows (such as {})",
      scores.source,
      scores.arch.size(),
      example(scores),
      truth.source,
      truth.arch.size(),
      example(truth));
}

Column truth_by_score(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<MatchedRow>& matches,
    std::size_t column) {
  Column values(scores.arch.size(), std::numeric_limits<double>::quiet_NaN());
  for (const MatchedRow& match : matches) {
    values[match.score_row] = truth.values[column][match.truth_row];
  }
  return values;
}

std::vector<MatchedRow> members_of(
    const std::string& population_name,
    const std::vector<MatchedRow>& matches,
    const tables::Table& scores,
    const tables::Table& truth) {
  if (population_name == "all") return matches;
  const std::vector<std::string> names = names_as_specs(truth, scores);
  std::vector<std::string> arch;
  arch.reserve(matches.size());
  for (const MatchedRow& match : matches)
    arch.push_back(names[match.truth_row]);
  std::vector<MatchedRow> kept;
  for (const std::size_t row : population(arch, population_name).rows) {
    kept.push_back(matches[row]);
  }
  return kept;
}

Column elements_at(const Column& values, std::span<const std::size_t> rows) {
  Column out;
  out.reserve(rows.size());
  for (const std::size_t row : rows) out.push_back(values[row]);
  return out;
}

JoinedMetric rows_of(const JoinedMetric& joined, const Subset& subset) {
  JoinedMetric out = joined;
  out.truth = elements_at(joined.truth, subset.rows);
  for (Column& column : out.scores) column = elements_at(column, subset.rows);
  out.rows.clear();
  for (const std::size_t row : subset.rows)
    out.rows.push_back(joined.rows[row]);
  return out;
}

ChosenColumns choose_columns(
    const tables::Table& scores,
    const std::vector<std::string>& proxies,
    const std::string& baseline,
    bool baseline_required) {
  ChosenColumns chosen;
  for (const std::string& proxy : proxies) {
    chosen.columns.push_back(require_column(scores, proxy, "proxy"));
  }
  if (proxies.empty()) {
    chosen.columns = all_rows(scores.columns.size()).rows;
  }
  chosen.reported = chosen.columns.size();
  if (baseline_required) require_column(scores, baseline, "baseline");
  if (const auto column = find_column(scores, baseline)) {
    auto& columns = chosen.columns;
    const auto found = std::find(columns.begin(), columns.end(), *column);
    chosen.baseline = static_cast<std::size_t>(found - columns.begin());
    if (found == columns.end()) columns.push_back(*column);
  }
  return chosen;
}

JoinedMetric join_metric(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<MatchedRow>& members,
    const ChosenColumns& chosen,
    const std::string& metric) {
  JoinedMetric joined;
  joined.metric = metric;
  joined.baseline = chosen.baseline;
  joined.reported = chosen.reported;
  const Column& values = truth.values[require_column(truth, metric, "metric")];
  std::vector<std::size_t> score_rows;
  for (const MatchedRow& member : members) {
    if (std::isnan(values[member.truth_row])) continue;
    joined.truth.push_back(values[member.truth_row]);
    score_rows.push_back(member.score_row);
    joined.rows.push_back(member);
  }
  if (joined.truth.empty()) {
    throw UserError(
        "{}: column {} has no value for any of the {} joined architectures",
        truth.source,
        metric,
        members.size());
  }
  for (const std::size_t column : chosen.columns) {
    joined.proxies.push_back(scores.columns[column]);
    joined.scores.push_back(elements_at(scores.values[column], score_rows));
  }
  return joined;
}

Column column_of(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<MatchedRow>& rows,
    const std::string& name) {
  Column out;
  out.reserve(rows.size());
  if (const auto column = find_column(scores, name)) {
    for (const MatchedRow& row : rows) {
      out.push_back(scores.values[*column][row.score_row]);
    }
    return out;
  }
  if (const auto column = find_column(truth, name)) {
    for (const MatchedRow& row : rows) {
      out.push_back(truth.values[*column][row.truth_row]);
    }
    return out;
  }
  refuse_left_out(scores, name);
  refuse_left_out(truth, name);
  throw UserError(
      "no column {} in {} (columns: {}) or {}",
      name,
      scores.source,
      fmt::join(scores.columns, ", "),
      truth.source);
}

}  // namespace zcp::study
