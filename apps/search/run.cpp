#include "apps/search/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>

#include "analysis/search/fronts.h"
#include "apps/interruptible.h"
#include "apps/progress.h"
#include "apps/search/evaluate.h"
#include "apps/search/output.h"
#include "apps/search/replay.h"
#include "apps/study_tables.h"
#include "apps/text_table.h"
#include "common/destination.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kProposals = 16;  // where networks are run
constexpr std::size_t kListed = 1024;   // where the order is fixed

/// Shows how far a search is and the best so far.
class ShownEvaluator final : public search::Evaluator {
 public:
  ShownEvaluator(
      ColumnEvaluator& evaluator,
      const SearchOptions& options,
      const std::string& algorithm,
      Progress& progress)
      : evaluator_(evaluator),
        options_(options),
        algorithm_(algorithm),
        progress_(progress) {}

  bool evaluate(std::span<const std::string> archs) override {
    if (Interruptible::was_asked() || !evaluator_.evaluate(archs)) return false;
    added_ = static_cast<std::int64_t>(archs.size());
    return true;
  }

  void update(search::History& history) override {
    evaluator_.update(history);
    const auto best = history.best();
    const Objective& first = options_.objectives.front();
    if (best) {
      const double value = history.value(*best);
      progress_.set_label(fmt::format(
          "{}, best {} {}",
          algorithm_,
          first.name,
          plain_number(first.less ? -value : value)));
    }
    progress_.advance(added_);
  }

 private:
  ColumnEvaluator& evaluator_;
  const SearchOptions& options_;
  const std::string& algorithm_;
  Progress& progress_;
  std::int64_t added_ = 0;
};

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

/// How many evaluations: as many as asked for, else those of the space or 100.
std::size_t evaluations_of(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm) {
  if (options.evaluations) return *options.evaluations;
  if (algorithm == "exhaustive") {
    return static_cast<std::size_t>(data.space().info().size);
  }
  return kDefaultEvaluations;
}

search::Settings settings_of(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm) {
  search::Settings settings = options.settings;
  settings.evaluations = evaluations_of(options, data, algorithm);
  if (settings.batch == 0) {
    settings.batch = !data.tables_alone()        ? kProposals
                     : algorithm == "exhaustive" ? kListed
                                                 : 1;
  }
  if (!settings.start.empty()) {
    settings.start = data.space().normalise(settings.start);
  }
  return settings;
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
        "--start {}: expected an architecture within the budget and in the "
        "tables of the objectives",
        start);
  }
}

std::int64_t computed_by(std::span<const ScoredColumns> scored) {
  std::int64_t count = 0;
  for (const ScoredColumns& own : scored) count += own.scorer->computed();
  return count;
}

SearchResult search_once(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm,
    std::span<const ScoredColumns> scored) {
  const auto start = Clock::now();
  const search::Settings settings = settings_of(options, data, algorithm);
  const search::Feasible feasible = [&](const std::string& arch) {
    return !Interruptible::was_asked() && data.feasible(arch);
  };
  SearchResult result(options.objectives.size());
  result.algorithm = algorithm;
  const std::int64_t rejected = data.rejected();
  const std::int64_t computed = computed_by(scored);
  const auto searcher = search::make_algorithm(
      algorithm, {data.space(), feasible}, settings, options.objectives.size());
  ColumnEvaluator evaluator(options, data, scored);
  Progress progress(
      algorithm,
      static_cast<std::int64_t>(settings.evaluations),
      options.score.quiet);
  ShownEvaluator shown(evaluator, options, algorithm, progress);
  result.outcome = search::run(
      *searcher,
      shown,
      result.history,
      settings.evaluations,
      options.count.value_or(search::Count::distinct));
  if (Interruptible::was_asked()) result.outcome.end = search::End::stopped;
  if (result.outcome.end == search::End::complete) progress.finish();
  result.values = evaluator.values();
  result.front = search::front_of(result.history);
  result.rejected = data.rejected() - rejected;
  result.computed = computed_by(scored) - computed;
  result.scoring = evaluator.seconds();
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
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
  if (result.outcome.queries.size() != result.history.size()) {
    line += fmt::format(" in {} queries", result.outcome.queries.size());
  }
  if (!options.budget.empty()) {
    line += fmt::format(
        ", {} proposals beyond the budget left out", result.rejected);
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

void check_results(const std::vector<SearchResult>& results) {
  for (const SearchResult& result : results) {
    if (result.history.size() > 0 ||
        result.outcome.end == search::End::stopped) {
      continue;
    }
    throw UserError(
        "--algorithm {}: found no architecture within the budget and in the "
        "tables of the objectives",
        result.algorithm);
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
    const std::function<int(const SearchData& data)>& otherwise) {
  std::vector<std::string> outputs;
  for (const std::string& path : {options.csv, options.figure}) {
    if (!path.empty()) outputs.push_back(path);
  }
  check_destinations(outputs, options.inputs(), options.score.store);
  const SearchData data(options);
  check_repeats(options, data);
  if (!data.tables_alone() && !make) return otherwise(data);
  if (!options.score.quiet) print_notes(data.notes());
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
    SearchResult result = search_once(options, data, name, scored);
    judge(result, data, summary);
    say_summary(options, result, data);
    stopped = result.outcome.end == search::End::stopped;
    results.push_back(std::move(result));
    if (stopped) break;
  }
  check_results(results);
  say_missing(options, scored);
  write_search(options, data, results, summary);
  if (!stopped) return 0;
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
