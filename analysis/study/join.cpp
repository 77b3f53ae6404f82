#include "analysis/study/joined.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "common/error.h"

namespace zcp::study {
namespace {

std::string example(const tables::Table& table) {
  return table.arch.empty() ? "none" : table.arch.front();
}

}  // namespace

std::optional<std::size_t> find_column(
    const tables::Table& table,
    const std::string& name) {
  const auto found =
      std::find(table.columns.begin(), table.columns.end(), name);
  if (found == table.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.columns.begin());
}

std::size_t require_column(
    const tables::Table& table,
    const std::string& name,
    std::string_view what) {
  if (const auto column = find_column(table, name)) return *column;
  const std::string near = nearest_name(name, table.columns);
  throw UserError(
      "{}: no column {} for the {}{} (columns: {})",
      table.source,
      name,
      what,
      near.empty() ? "" : ", did you mean " + near + "?",
      fmt::join(table.columns, ", "));
}

std::vector<Match> join(
    const tables::Table& scores,
    const tables::Table& truth) {
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t row = 0; row < scores.arch.size(); ++row) {
    row_of.emplace(scores.arch[row], row);
  }
  std::vector<Match> matches;
  for (std::size_t row = 0; row < truth.arch.size(); ++row) {
    const auto found = row_of.find(truth.arch[row]);
    if (found != row_of.end()) matches.push_back({found->second, row});
  }
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

std::vector<Match> restrict_to(
    const std::string& name,
    const std::vector<Match>& matches,
    const tables::Table& truth) {
  if (name == "all") return matches;
  std::vector<std::string> arch;
  arch.reserve(matches.size());
  for (const Match& match : matches) arch.push_back(truth.arch[match.truth]);
  std::vector<Match> kept;
  for (const std::size_t row : population(arch, name).rows) {
    kept.push_back(matches[row]);
  }
  return kept;
}

Column take(const Column& values, std::span<const std::size_t> rows) {
  Column out;
  out.reserve(rows.size());
  for (const std::size_t row : rows) out.push_back(values[row]);
  return out;
}

Joined take(const Joined& from, const Subset& subset) {
  Joined out = from;
  out.truth = take(from.truth, subset.rows);
  for (Column& column : out.scores) column = take(column, subset.rows);
  out.rows.clear();
  for (const std::size_t row : subset.rows) out.rows.push_back(from.rows[row]);
  return out;
}

Selection select_columns(
    const tables::Table& scores,
    const std::vector<std::string>& proxies,
    const std::string& baseline,
    bool baseline_required) {
  Selection selection;
  for (const std::string& proxy : proxies) {
    selection.columns.push_back(require_column(scores, proxy, "proxy"));
  }
  if (proxies.empty()) {
    selection.columns = all_rows(scores.columns.size()).rows;
  }
  selection.shown = selection.columns.size();
  if (baseline_required) require_column(scores, baseline, "baseline");
  if (const auto column = find_column(scores, baseline)) {
    auto& columns = selection.columns;
    const auto found = std::find(columns.begin(), columns.end(), *column);
    selection.baseline = static_cast<std::size_t>(found - columns.begin());
    if (found == columns.end()) columns.push_back(*column);
  }
  return selection;
}

Joined collect(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<Match>& matches,
    const Selection& selection,
    const std::string& metric) {
  Joined joined;
  joined.metric = metric;
  joined.baseline = selection.baseline;
  joined.shown = selection.shown;
  const Column& values = truth.values[require_column(truth, metric, "metric")];
  std::vector<std::size_t> score_rows;
  for (const Match& match : matches) {
    if (std::isnan(values[match.truth])) continue;
    joined.truth.push_back(values[match.truth]);
    score_rows.push_back(match.score);
    joined.rows.push_back(match);
  }
  if (joined.truth.empty()) {
    throw UserError(
        "{}: column {} has no value for any of the {} joined architectures",
        truth.source,
        metric,
        matches.size());
  }
  for (const std::size_t column : selection.columns) {
    joined.proxies.push_back(scores.columns[column]);
    joined.scores.push_back(take(scores.values[column], score_rows));
  }
  return joined;
}

Column column_of(
    const tables::Table& scores,
    const tables::Table& truth,
    const std::vector<Match>& rows,
    const std::string& name) {
  Column out;
  out.reserve(rows.size());
  if (const auto column = find_column(scores, name)) {
    for (const Match& row : rows) {
      out.push_back(scores.values[*column][row.score]);
    }
    return out;
  }
  if (const auto column = find_column(truth, name)) {
    for (const Match& row : rows) {
      out.push_back(truth.values[*column][row.truth]);
    }
    return out;
  }
  throw UserError(
      "no column {} in {} (columns: {}) or {}",
      name,
      scores.source,
      fmt::join(scores.columns, ", "),
      truth.source);
}

Prepared prepare(
    const Column& scores,
    const Column& truth,
    statistics::Missing missing) {
  Prepared out;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const bool absent = std::isnan(scores[row]);
    if (absent && missing == statistics::Missing::drop) continue;
    out.scores.push_back(
        absent ? -std::numeric_limits<double>::infinity() : scores[row]);
    out.truth.push_back(truth[row]);
  }
  return out;
}

}  // namespace zcp::study
