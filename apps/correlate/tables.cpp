#include "apps/correlate/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "analysis/study/ceiling.h"
#include "apps/study_tables.h"
#include "benchmarks/formats/csv.h"

namespace zcp::apps {
namespace {

using Text = std::string;

/// The truth's columns that the options speak of: the metrics, their single
/// runs, those that subsets are made of and the scores do not have, and what
/// costs are joined by or read from.
std::vector<Text> truth_columns(
    const std::vector<Text>& header,
    const CorrelateTables& tables,
    const CorrelateOptions& asked) {
  const tables::Table& scores = tables.scores;
  const study::StudyOptions& options = asked.request.study;
  std::vector<Text> wanted = options.metrics;
  const auto want = [&](const Text& name) {
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
      wanted.push_back(name);
    }
  };
  for (const Text& metric : options.metrics) {
    for (const Text& run : study::seed_columns(header, metric)) want(run);
  }
  for (const Text& run : options.ceiling) want(run);
  for (const study::Bins& bins : options.bins) {
    if (!study::find_column(scores, bins.column)) want(bins.column);
  }
  for (const study::Range& range : options.ranges) {
    if (!study::find_column(scores, range.column)) want(range.column);
  }
  if (tables.costs_by_index) wanted.emplace_back("index");
  if (asked.cost && !tables.costs) want(*asked.cost);
  return wanted;
}

/// The column that a table of costs is joined on: the key, or else the index.
Text costs_key(const std::vector<Text>& header, const Text& key) {
  const auto has = [&](const Text& name) {
    return std::find(header.begin(), header.end(), name) != header.end();
  };
  return !has(key) && has("index") ? "index" : key;
}

void read_costs(const CorrelateOptions& options, CorrelateTables& tables) {
  if (!options.costs) return;
  const Text& key = options.request.key;
  const Text text = formats::read_text(*options.costs);
  const Text source = formats::source_name(*options.costs);
  const Text by = costs_key(tables::column_names(text, source), key);
  const std::vector<Text> wanted{options.cost.value()};
  tables.costs = tables::parse_table(text, source, wanted, by);
  tables.costs_by_index = by != key;
}

}  // namespace

CorrelateTables read_correlate_tables(const CorrelateOptions& options) {
  CorrelateTables tables;
  tables.scores = read_study_scores(options.request.scores, options.request);
  if (!options.has_truth) return tables;
  read_costs(options, tables);
  tables.truth =
      read_study_truth(options.request, [&](const std::vector<Text>& header) {
        return truth_columns(header, tables, options);
      });
  return tables;
}

study::Column costs_of(
    const CorrelateTables& tables,
    const std::vector<study::MatchedRow>& rows,
    const Text& cost) {
  study::Column out;
  if (!tables.costs) {
    const std::size_t column =
        study::require_column(tables.truth, cost, "cost");
    for (const study::MatchedRow& row : rows) {
      out.push_back(tables.truth.values[column][row.truth_row]);
    }
    return out;
  }
  std::unordered_map<Text, double> known;
  for (std::size_t row = 0; row < tables.costs->arch.size(); ++row) {
    known.emplace(tables.costs->arch[row], tables.costs->values[0][row]);
  }
  const auto index = study::find_column(tables.truth, "index");
  for (const study::MatchedRow& row : rows) {
    const Text name =
        tables.costs_by_index
            ? fmt::format("{}", tables.truth.values[*index][row.truth_row])
            : tables.truth.arch[row.truth_row];
    const auto found = known.find(name);
    out.push_back(found == known.end() ? std::nan("") : found->second);
  }
  return out;
}

}  // namespace zcp::apps
