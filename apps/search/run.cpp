#include "apps/search/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "apps/budget.h"
#include "apps/interruptible.h"
#include "apps/search/evaluate.h"
#include "apps/search/islands.h"
#include "apps/search/once.h"
#include "apps/search/output.h"
#include "apps/search/replay.h"
#include "apps/study_tables.h"
#include "apps/text_table.h"
#include "common/destination.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

/// One scorer for each task of the columns.
std::vector<ScoredColumns> make_scorers(
    const SearchOptions& options,
    const SearchData& data,
    const MakeScorer& make) {
  std::vector<std::string> tasks;
  for (const SearchColumn& column : data.columns()) {
    const bool proxy = column.source == SearchColumn::Source::proxy;
    if (proxy && std::ranges::find(tasks, column.task) == tasks.end()) {
      tasks.push_back(column.task);
    }
  }
  std::vector<ScoredColumns> scored;
  for (const std::string& task : tasks) {
    std::vector<std::string> proxies;
    std::vector<std::size_t> places;
    for (std::size_t c = 0; c < data.columns().size(); ++c) {
      const SearchColumn& column = data.columns()[c];
      if (column.source != SearchColumn::Source::proxy || column.task != task) {
        continue;
      }
      proxies.push_back(column.proxy);
      places.push_back(c);
    }
    scored.push_back({make(options, task, proxies), places});
  }
  return scored;
}

/// A start that is evaluated itself has to be within the budget.
void check_start(const SearchOptions& options, const SearchData& data) {
  if (options.settings.start.empty()) return;
  const std::string start = data.space().normalise(options.settings.start);
  const bool zen = data.space().info().name == "mobilenet-v2";
  const bool evaluated = std::ranges::any_of(
      options.algorithms,
      [&](const std::string& name) { return !zen || name != "evolution"; });
  if (evaluated && !data.feasible(start)) {
    throw UserError(
        "--start {}: expected an architecture within the budget{}{} and in the "
        "tables of the objectives",
        start,
        options.encodings.empty() ? "" : ", among the points of --encodings",
        data.wishes().empty() ? "" : ", as --fix and --forbid want it");
  }
}

/// What was counted, on standard error.
void say_summary(
    const SearchOptions& options,
    const SearchResult& result,
    const SearchData& data) {
  if (options.score.quiet || options.repeats) return;
  std::string line = fmt::format(
      "{}: {} architectures evaluated",
      result.algorithm,
      result.history.size());
  if (result.islands.size() > 0) {
    line += fmt::format(
        " on {} of {} islands", islands_of(options).size(), options.islands);
  }
  if (result.outcome.queries.size() != result.history.size()) {
    line += fmt::format(" in {} queries", result.outcome.queries.size());
  }
  if (!options.budget.empty() || options.drop_dead) {
    line += fmt::format(
        ", {} proposals {} left out",
        result.rejected,
        options.budget.empty() ? "of dead architectures"
        : options.drop_dead    ? "that are dead or beyond the budget"
                               : "beyond the budget");
  }
  if (!data.tables_alone()) {
    line += fmt::format(
        "; {} scores computed; the search itself took {:.3f} s of {:.1f} s",
        result.computed,
        result.seconds - result.scoring,
        result.seconds);
  }
  std::cerr << line << "\n";
  if (result.outcome.end != search::End::exhausted) return;
  std::cerr << fmt::format(
      "zcp: note: {} found no more architectures{}\n",
      result.algorithm,
      options.budget.empty() ? "" : " within the budget");
}

/// A search of which the store has nothing has no page.
void check_stored(
    const SearchOptions& options,
    const std::vector<SearchResult>& results) {
  if (!options.stored || Interruptible::was_asked()) return;
  if (results.front().history.size() > 0) return;
  throw UserError(
      "--stored: {} has no scores of the first architectures of this search",
      options.score.store);
}

void say_missing(
    const SearchOptions& options,
    const std::vector<ScoredColumns>& scored) {
  if (options.score.quiet) return;
  for (const ScoredColumns& own : scored) {
    for (const std::string& line : own.scorer->missing_lines()) {
      std::cerr << "zcp: " << line << "\n";
    }
  }
}

/// The scores of an architecture in columns of the search; NaN for none and
/// where an interrupt came.
std::vector<double> scores_of(
    const std::string& arch,
    std::span<const std::size_t> columns,
    const SearchData& data,
    std::span<const ScoredColumns> scored) {
  std::vector<double> values;
  for (const std::size_t column : columns) {
    values.push_back(data.value(arch, data.columns()[column]));
  }
  for (const ScoredColumns& own : scored) {
    std::optional<std::vector<std::vector<double>>> scores;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto place = std::ranges::find(own.places, columns[c]);
      if (place == own.places.end()) continue;
      if (!scores) scores = own.scorer->score({arch});
      if (!scores) break;
      const auto at = static_cast<std::size_t>(place - own.places.begin());
      values[c] = (*scores)[0][at];
    }
  }
  return values;
}

/// How a proxy's scores of a predictor's architectures compare with those here.
struct Agreement {
  bool counted = false;  ///< #params and the like, which no machine rounds
  int close = 0;         ///< differ by rounding at most
  int apart = 0;         ///< differ by more
  std::string example;   ///< of one that does

  /// A single score may differ between machines by more than rounding. Sizes
  /// may not: a table may have them in millions, or for other classes.
  bool of_another_protocol() const { return apart > (counted ? 0 : close); }
};

/// Of each proxy of the predictor.
std::vector<Agreement> compare_scores(
    const SavedPredictor& saved,
    const SearchData& data,
    std::span<const ScoredColumns> scored) {
  constexpr std::size_t kCompared = 5;
  constexpr double kTolerance = 1e-4;  // other machines round in another way
  std::vector<std::size_t> columns;    // of the search: the predictor's
  std::vector<Agreement> agreements;
  for (const std::string& proxy : saved.proxies) {
    const auto found =
        std::ranges::find(data.columns(), proxy, &SearchColumn::name);
    columns.push_back(static_cast<std::size_t>(found - data.columns().begin()));
    Agreement agreement;
    agreement.counted = found->source == SearchColumn::Source::graph;
    agreements.push_back(agreement);
  }
  for (std::size_t i = 0; i < std::min(kCompared, saved.archs.size()); ++i) {
    const std::string arch = data.space().normalise(saved.archs[i]);
    const auto scores = scores_of(arch, columns, data, scored);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const double here = scores[c];
      const double there = saved.scores[c][i];
      if (std::isnan(here) || std::isnan(there)) continue;
      const double most = std::max(std::abs(here), std::abs(there));
      const bool close =
          here == there || std::abs(here - there) <= kTolerance * most;
      Agreement& agreement = agreements[c];
      ++(close ? agreement.close : agreement.apart);
      if (close || !agreement.example.empty()) continue;
      agreement.example = fmt::format(
          "{} of {} is {} here and {} in the scores that it was fitted to",
          saved.proxies[c],
          arch,
          plain_number(here),
          plain_number(there));
    }
  }
  return agreements;
}

/// A predictor was fitted to scores of some protocol, which its file does not
/// say: the scores of a few of its architectures have to be the same here.
void check_scores_of_predictors(
    const SearchOptions& options,
    const SearchData& data,
    std::span<const ScoredColumns> scored) {
  for (const Objective& objective : options.objectives) {
    if (!objective.predictor) continue;
    const auto agreements =
        compare_scores(objective.predictor->saved(), data, scored);
    const auto other =
        std::ranges::find_if(agreements, &Agreement::of_another_protocol);
    if (other == agreements.end()) continue;
    throw UserError(
        "--by {}: {}; expected the same task, data and protocol, or --scores "
        "with that table",
        objective.name,
        other->example);
  }
}

/// Says of how many architectures a predictor knew nothing.
void say_unknown(const SearchOptions& options) {
  if (options.score.quiet) return;
  for (const Objective& objective : options.objectives) {
    if (!objective.predictor) continue;
    const FittedPredictor& predictor = *objective.predictor;
    if (predictor.unknown() > 0) {
      std::cerr << fmt::format(
          "zcp: note: {}: nothing is expected of {} architectures, whose "
          "graphs have an operation or a size that none of those it was fitted "
          "to has\n",
          objective.name,
          predictor.unknown());
    }
    if (predictor.pointless() > 0) {
      std::cerr << fmt::format(
          "zcp: note: {}: nothing is expected of {} architectures, {}\n",
          objective.name,
          predictor.pointless(),
          predictor.saved().points.encoder
              ? "which are unlike all that its encoder has seen"
              : "of which its table of points has no row");
    }
  }
}

/// The best of the first objective among all searches, as a file.
void write_winner(
    const SearchOptions& options,
    const std::vector<SearchResult>& results,
    const WriteWinner& write) {
  const SearchResult* first = nullptr;
  for (const SearchResult& result : results) {
    const auto best = result.history.best();
    if (!best) continue;
    const bool better =
        first == nullptr || result.history.value(*best) >
                                first->history.value(*first->history.best());
    if (better) first = &result;
  }
  if (first == nullptr) {
    throw UserError(
        "--output {}: no architecture has a value, there is no winner",
        options.output);
  }
  const std::string said =
      write(options, first->history.arch(*first->history.best()));
  if (!options.score.quiet) std::cerr << "zcp: " << said << "\n";
}

void check_results(const std::vector<SearchResult>& results, bool wished) {
  for (const SearchResult& result : results) {
    if (result.history.size() > 0 ||
        result.outcome.end == search::End::stopped) {
      continue;
    }
    throw UserError(
        "--algorithm {}: found no architecture within the budget{} and in the "
        "tables of the objectives",
        result.algorithm,
        wished ? ", as --fix and --forbid want it" : "");
  }
}

void check_repeats(const SearchOptions& options, const SearchData& data) {
  if (!options.repeats) return;
  if (!data.tables_alone()) {
    const auto proxy = std::ranges::find(
        data.columns(), SearchColumn::Source::proxy, &SearchColumn::source);
    throw UserError(
        "--repeats: replays searches on tables, {} is no column of them; score "
        "the space once (zcp score --csv F) and give --scores F",
        proxy->name);
  }
  if (!data.metric()) {
    throw UserError(
        "--repeats: expected --metric, the truth's column to judge by");
  }
}

}  // namespace

int run_search(
    const SearchOptions& options,
    const MakeScorer& make,
    const std::function<int(const SearchData& data)>& otherwise,
    const WriteWinner& write,
    const EncodePoints& encode) {
  std::vector<std::string> outputs;
  for (const std::string& path :
       {options.csv, options.figure, options.html, options.output}) {
    if (!path.empty()) outputs.push_back(path);
  }
  check_destinations(outputs, options.inputs(), options.score.store);
  const SearchData data(options, encode);
  check_repeats(options, data);
  const bool winner = !options.output.empty();
  if ((!data.tables_alone() && !make) || (winner && !write)) {
    return otherwise(data);
  }
  if (!options.score.quiet) {
    if (!options.score.note.empty()) {
      std::cerr << "zcp: " << options.score.note << "\n";
    }
    print_notes(data.notes());
  }
  check_start(options, data);
  for (const std::string& name : options.algorithms) {
    const search::Feasible all = [](const std::string&) { return true; };
    search::make_algorithm(
        name,
        {data.space(), all},
        settings_of(options, data, name),
        options.objectives.size());
  }
  const SearchSummary summary = summarise_truth(options, data);
  std::vector<SearchResult> results;
  bool stopped = false;
  std::vector<ScoredColumns> scored;
  if (!data.tables_alone()) scored = make_scorers(options, data, make);
  const Interruptible interruptible;
  check_scores_of_predictors(options, data, scored);
  for (const std::string& name : options.algorithms) {
    if (options.repeats) {
      auto result = replay(
          options,
          data,
          name,
          settings_of(options, data, name),
          evaluations_of(options, data, name),
          options.count.value_or(search::Count::queries),
          summary);
      if (!result) {
        std::cerr << "zcp: interrupted; replays keep nothing\n";
        return 1;
      }
      results.push_back(std::move(*result));
      continue;
    }
    SearchResult result = search_islands(options, data, name, scored);
    judge(result, data, summary);
    say_summary(options, result, data);
    stopped = result.outcome.end == search::End::stopped;
    results.push_back(std::move(result));
    if (stopped) break;
  }
  check_stored(options, results);
  check_results(results, !data.wishes().empty());
  say_missing(options, scored);
  say_unknown(options);
  write_search(options, data, results, summary);
  const bool ended = stopped && options.stored && !Interruptible::was_asked();
  if (ended && !options.score.quiet) {
    std::cerr << fmt::format(
        "zcp: note: {} evaluations are in {}; the same command without "
        "--stored goes on from there\n",
        results.back().history.size(),
        options.score.store);
  }
  if (!stopped || ended) {
    if (winner) write_winner(options, results, write);
    return 0;
  }
  std::cerr << fmt::format(
      "zcp: interrupted after {} evaluations{}\n",
      results.back().history.size(),
      options.score.store.empty()
          ? std::string()
          : fmt::format(
                "; {} keeps every score, the same command goes on from there",
                options.score.store));
  return 1;
}

}  // namespace zcp::apps
