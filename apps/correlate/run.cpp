#include <fmt/format.h>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/store/open_store.h"
#include "analysis/store/score_store.h"
#include "analysis/study/join.h"
#include "analysis/study/proxy_columns.h"
#include "analysis/study/spec_names.h"
#include "analysis/study/subset.h"
#include "apps/correlate/result.h"
#include "apps/correlate/tables.h"
#include "apps/shipped_scores.h"
#include "apps/study_tables.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

using Text = std::string;

/// The fields of a store's protocol that papers differ in, or what a shipped
/// table says of its scores.
Text protocol_text(const Text& scores) {
  if (!store::is_sqlite_file(scores)) {
    return shipped_protocol(scores, shipped_folders());
  }
  Text text;
  const store::Protocol protocol = store::ScoreStore::read(scores).protocol();
  for (const auto& [field, name] :
       {std::pair("task", "task"),
        std::pair("transform", "transform"),
        std::pair("batch_size", "batch"),
        std::pair("minibatches", "minibatches"),
        std::pair("init", "init"),
        std::pair("precision", "precision")}) {
    const auto found = protocol.find(field);
    if (found == protocol.end()) continue;
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", name, found->second);
  }
  return text;
}

void add_published(const tables::Table& truth, CorrelateResult& result) {
  const CorrelateOptions& options = result.options;
  if (!options.published) return;
  if (truth.arch.empty()) throw UserError("{}: no row", truth.source);
  const Text& asked = *options.published;
  const Text& arch = truth.arch.front();
  const bool all = asked == "all" || asked.starts_with("all@");
  const auto choices =
      all ? published::choose_all_published(asked, arch)
          : std::vector{published::choose_published(asked, arch)};
  for (const published::PublishedChoice& choice : choices) {
    result.published.push_back(
        {choice,
         published::compare_published(
             choice, result.study.rows, options.request.study.population)});
  }
  result.protocol = protocol_text(options.request.scores);
}

void add_ensembles(CorrelateResult& result) {
  if (!result.options.ensemble) return;
  study::EnsembleOptions options;
  options.most = *result.options.ensemble;
  options.draws = result.options.request.study.draws;
  options.seed = result.options.request.study.seed;
  for (const study::JoinedMetric& metric : result.study.metrics) {
    result.ensembles.push_back(study::choose_ensemble(metric, options));
  }
}

void add_costs(const CorrelateTables& tables, CorrelateResult& result) {
  if (!result.options.cost) return;
  const Text& cost = *result.options.cost;
  for (const study::JoinedMetric& metric : result.study.metrics) {
    const auto rows = study::cost_trade_off(
        metric,
        cost,
        costs_of(tables, metric.rows, cost),
        result.options.limits);
    result.costs.insert(result.costs.end(), rows.begin(), rows.end());
  }
}

/// The rows of the scores that statistics of proxies among themselves are over:
/// with truth those of the study.
std::vector<std::size_t> score_rows(
    const tables::Table& scores,
    const CorrelateResult& result) {
  const CorrelateOptions& options = result.options;
  if (!options.has_truth) {
    const Text& population = options.request.study.population;
    if (population == "all") return study::all_rows(scores.arch.size()).rows;
    return study::population(study::names_as_specs(scores), population).rows;
  }
  std::vector<std::size_t> rows;
  for (const study::MatchedRow& member : result.study.members) {
    rows.push_back(member.score_row);
  }
  return rows;
}

void add_matrix(const tables::Table& scores, CorrelateResult& result) {
  const CorrelateOptions& options = result.options;
  if (!options.needs_matrix()) return;
  const study::ChosenColumns chosen = study::choose_columns(
      scores,
      study::proxy_columns(scores, options.request.study).proxies,
      "",
      false);
  const std::vector<std::size_t> rows = score_rows(scores, result);
  if (chosen.columns.empty() || rows.empty()) {
    throw UserError("{}: no proxies to compare", scores.source);
  }
  std::vector<Text> names;
  std::vector<study::Column> columns;
  for (const std::size_t column : chosen.columns) {
    names.push_back(scores.columns[column]);
    columns.push_back(study::elements_at(scores.values[column], rows));
  }
  result.matrix_rows = rows.size();
  result.matrix = study::correlation_matrix(
      names, columns, options.request.study.missing, options.alike);
}

/// Tau of each run with each metric, over the run's own architectures.
void add_run_taus(
    const std::vector<tables::Table>& runs,
    const tables::Table& truth,
    CorrelateResult& result) {
  study::StudyOptions options = result.options.request.study;
  options.baseline.clear();
  options.baseline_required = false;
  options.proxies.clear();
  for (const study::Stability& row : result.stability) {
    options.proxies.push_back(row.proxy);
  }
  for (const tables::Table& run : runs) {
    std::size_t at = 0;
    for (const auto& joined : study::join_study(run, truth, options).metrics) {
      for (std::size_t i = 0; i < joined.proxies.size(); ++i, ++at) {
        if (at == result.run_taus.size()) {
          result.run_taus.push_back({joined.proxies[i], joined.metric, {}});
        }
        const statistics::ColumnPair pair = statistics::settle_missing(
            joined.scores[i], joined.truth, options.missing);
        result.run_taus[at].tau.push_back(
            statistics::kendall_tau_b(pair.x, pair.y));
      }
    }
  }
}

void add_notes(const std::vector<Text>& notes, CorrelateResult& result) {
  std::vector<Text>& all = result.study.notes;
  all.insert(all.end(), notes.begin(), notes.end());
}

void leave_out(const std::vector<Text>& names, tables::Table& table) {
  for (const Text& name : names) {
    const auto column = *study::find_column(table, name);
    const auto at = static_cast<std::ptrdiff_t>(column);
    table.columns.erase(table.columns.begin() + at);
    table.values.erase(table.values.begin() + at);
  }
}

void add_stability(const CorrelateTables& tables, CorrelateResult& result) {
  const CorrelateOptions& options = result.options;
  if (options.repeats.empty()) return;
  const study::StudyOptions& study = options.request.study;
  std::vector<tables::Table> runs{tables.scores};
  for (const Text& path : options.repeats) {
    runs.push_back(read_study_scores(path, options.request));
    add_notes(study::notes_of(runs.back()), result);
  }
  if (study.proxies.empty()) {
    leave_out(study::proxy_columns(runs[0], study).others, runs[0]);
  }
  result.stability = study::stability(runs, study.proxies, study.missing);
  if (options.has_truth) add_run_taus(runs, tables.truth, result);
}

}  // namespace

CorrelateResult run_correlate(const CorrelateOptions& options) {
  CorrelateResult result;
  result.options = options;
  const CorrelateTables tables = read_correlate_tables(options);
  if (!options.has_truth) {
    result.study.notes =
        study::notes_of_scores(tables.scores, options.request.study);
  } else {
    result.study =
        study::run_study(tables.scores, tables.truth, options.request.study);
    if (tables.costs) add_notes(study::notes_of(*tables.costs), result);
    add_published(tables.truth, result);
    add_ensembles(result);
    add_costs(tables, result);
  }
  add_matrix(tables.scores, result);
  add_stability(tables, result);
  return result;
}

}  // namespace zcp::apps
