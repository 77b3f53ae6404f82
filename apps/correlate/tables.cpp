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

/// The truth's columns that the options speak of (none, which stands for all,
/// where one is not there): the metrics, their single
/// runs, those that subsets are made of and the scores do not have, and what
/// costs are joined by or read from.
std::vector<Text> truth_columns(
    const std::vector<Text>& header,
    const CorrelateTables& tables,
    const CorrelateOptions& asked) {
  const tables::Table& scores = tables.scores;
  const study::StudyOptions& options = asked.request.study;
  // Names that are not there are refused where all columns are known.
  std::vector<Text> required = options.metrics;
  required.insert(
      required.end(), options.ceiling.begin(), options.ceiling.end());
  if (asked.cost && !tables.costs) required.push_back(*asked.cost);
  for (const Text& name : required) {
    if (std::find(header.begin(), header.end(), name) == header.end()) {
      return {};
    }
  }
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

void read_costs(const CorrelateOptions& options, CorrelateTables& tables) {
  if (!options.costs) return;
  // The column that it is joined on: a key, or else the index.
  const std::vector<Text> keys{
      options.request.key_truth, options.request.key, "index"};
  const Text text = formats::read_text(*options.costs);
  const Text source = formats::source_name(*options.costs);
  const std::vector<Text> header = tables::column_names(text, source, keys);
  const auto by = std::find_first_of(
      keys.begin(), keys.end(), header.begin(), header.end());
  const Text key = by == keys.end() ? keys.front() : *by;
  const std::vector<Text> wanted{options.cost.value()};
  tables.costs = tables::parse_table(text, source, wanted, key);
  tables.costs_by_index = by == keys.end() - 1;
}

/// The cost of each row of the truth, whatever form its names have there.
study::Column costs_by_name(const CorrelateTables& tables) {
  const tables::Table& costs = *tables.costs;
  return study::truth_by_score(
      tables.truth, costs, study::join(tables.truth, costs), 0);
}

/// The same by the truth's column `index`.
study::Column costs_by_index(const CorrelateTables& tables) {
  const std::size_t index =
      study::require_column(tables.truth, "index", "cost");
  std::unordered_map<Text, double> known;
  for (std::size_t row = 0; row < tables.costs->arch.size(); ++row) {
    known.emplace(tables.costs->arch[row], tables.costs->values[0][row]);
  }
  study::Column costs;
  for (const double number : tables.truth.values[index]) {
    const auto found = known.find(fmt::format("{}", number));
    costs.push_back(found == known.end() ? std::nan("") : found->second);
  }
  return costs;
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
  const study::Column costs =
      tables.costs_by_index ? costs_by_index(tables) : costs_by_name(tables);
  for (const study::MatchedRow& row : rows) {
    out.push_back(costs[row.truth_row]);
  }
  return out;
}

}  // namespace zcp::apps
