#include "apps/search/replay.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "analysis/search/fronts.h"
#include "apps/interruptible.h"
#include "apps/progress.h"
#include "apps/search/evaluate.h"
#include "common/error.h"
#include "common/missing.h"
#include "common/parallel.h"

namespace zcp::apps {
namespace {

/// The metric, more is better.
double goodness(const SearchData& data, const std::string& arch) {
  const auto& metric = *data.metric();
  const double value = data.truth()->value(arch, metric.column);
  return metric.less ? -value : value;
}

RegretPoint point_of(
    std::size_t queries,
    std::span<const double> goodness,
    double optimum,
    bool less) {
  const double sign = less ? -1 : 1;
  std::vector<double> shown;
  std::vector<double> regret;
  for (const double value : goodness) {
    shown.push_back(sign * value);
    regret.push_back(sign * optimum - value);
  }
  return {queries, search::estimate(shown), search::estimate(regret)};
}

/// What is shown after each of `queries`; the last one known where a search
/// ended before.
std::vector<double> shown_after(
    const std::vector<std::size_t>& queries,
    const search::Outcome& outcome,
    const search::History& history,
    const SearchData& data) {
  std::vector<double> shown;
  for (const std::size_t n : queries) {
    const std::size_t last = std::min(n, outcome.incumbents.size());
    const std::size_t record =
        last == 0 ? search::kNoRecord : outcome.incumbents[last - 1];
    shown.push_back(
        record == search::kNoRecord ? kNan
                                    : goodness(data, history.arch(record)));
  }
  return shown;
}

/// The curve of random search, where one column of a table chooses.
std::vector<RegretPoint> random_curve(
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<std::string>& archs,
    double optimum) {
  const Objective& first = options.objectives.front();
  if (first.composite || first.predictor || data.columns().empty()) return {};
  const SearchColumn& column = data.columns().front();
  if (column.source == SearchColumn::Source::proxy) return {};
  std::vector<double> chooser;
  std::vector<double> shown;
  for (const std::string& arch : archs) {
    const double value = data.value(arch, column);
    chooser.push_back(first.less ? -value : value);
    shown.push_back(goodness(data, arch));
  }
  const std::size_t last =
      std::min(archs.size(), options.evaluations.value_or(kDefaultEvaluations));
  std::vector<RegretPoint> curve;
  const double sign = data.metric()->less ? -1 : 1;
  for (const std::size_t n : search::shown_queries(last)) {
    const double mean = search::expected_best(chooser, shown, n);
    if (std::isnan(mean)) return {};  // none has both
    curve.push_back(
        {n, {sign * mean, kNan, kNan}, {sign * optimum - mean, kNan, kNan}});
  }
  return curve;
}

}  // namespace

SearchSummary summarise_truth(
    const SearchOptions& options,
    const SearchData& data) {
  SearchSummary summary;
  if (!data.metric()) return summary;
  summary.metric = data.metric()->name;
  summary.repeats = options.repeats.value_or(0);
  std::vector<std::string> archs;
  double best = kNan;
  for (const std::string& arch : data.truth()->specs()) {
    if (!data.feasible(arch)) continue;
    archs.push_back(arch);
    const double value = goodness(data, arch);
    if (std::isnan(best) || value > best) best = value;
  }
  if (std::isnan(best)) {
    throw UserError(
        "{}: no architecture with {} may be searched: expected one within the "
        "budget and in every table of the objectives",
        options.truth,
        summary.metric);
  }
  summary.optimum = data.metric()->less ? -best : best;
  summary.random = random_curve(options, data, archs, *summary.optimum);
  return summary;
}

void judge(
    SearchResult& result,
    const SearchData& data,
    const SearchSummary& summary) {
  if (!data.metric()) return;
  const auto queries = search::shown_queries(result.outcome.queries.size());
  const auto shown = shown_after(queries, result.outcome, result.history, data);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    result.regret.push_back(point_of(
        queries[i], {&shown[i], 1}, *summary.optimum, data.metric()->less));
  }
}

std::optional<SearchResult> replay(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm,
    const search::Settings& settings,
    std::size_t evaluations,
    search::Count count,
    const SearchSummary& summary) {
  const std::size_t repeats = *options.repeats;
  const search::Feasible feasible = [&](const std::string& arch) {
    return data.feasible(arch);
  };
  SearchResult first(options.objectives.size());
  first.algorithm = algorithm;
  const auto queries = search::shown_queries(evaluations);
  std::vector<std::vector<double>> shown(
      queries.size(), std::vector<double>(repeats));
  const std::int64_t rejected = data.rejected();
  Progress progress(
      algorithm + ", searches",
      static_cast<std::int64_t>(repeats),
      options.score.quiet);
  const auto search_once = [&](std::size_t r) {
    if (Interruptible::was_asked()) return;
    search::Settings own = settings;
    own.seed += r;
    const auto searcher = search::make_algorithm(
        algorithm, {data.space(), feasible}, own, options.objectives.size());
    ColumnEvaluator evaluator(options, data);
    search::History history(options.objectives.size());
    auto outcome =
        search::run(*searcher, evaluator, history, evaluations, count);
    const auto after = shown_after(queries, outcome, history, data);
    for (std::size_t i = 0; i < queries.size(); ++i) shown[i][r] = after[i];
    if (r == 0) {
      first.values = evaluator.values();
      first.history = std::move(history);
      first.outcome = std::move(outcome);
    }
    progress.advance();
  };
  parallel_for(repeats, search_once, {.workers = options.score.workers});
  if (Interruptible::was_asked()) return std::nullopt;
  progress.finish();
  first.front = search::front_of(first.history);
  first.rejected = data.rejected() - rejected;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    first.regret.push_back(
        point_of(queries[i], shown[i], *summary.optimum, data.metric()->less));
  }
  return first;
}

}  // namespace zcp::apps
