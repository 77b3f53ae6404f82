#include "apps/search/once.h"

#include <fmt/format.h>

#include <chrono>

#include "analysis/search/islands.h"
#include "apps/interruptible.h"
#include "apps/progress.h"
#include "apps/text_table.h"

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

std::int64_t computed_by(std::span<const ScoredColumns> scored) {
  std::int64_t count = 0;
  for (const ScoredColumns& own : scored) count += own.scorer->computed();
  return count;
}

/// What is said of a search beside its algorithm's name.
std::string place_of(const Place& place) {
  if (place.islands == 1) return {};
  return fmt::format(", island {} of {}", place.island, place.islands);
}

}  // namespace

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

SearchResult search_once(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm,
    std::span<const ScoredColumns> scored,
    const Place& place,
    ColumnEvaluator& evaluator) {
  const auto start = Clock::now();
  search::Settings settings = settings_of(options, data, algorithm);
  settings.island = place.island;
  settings.islands = place.islands;
  settings.evaluations =
      search::island_share(settings.evaluations, place.island, place.islands);
  const search::Feasible feasible = [&](const std::string& arch) {
    return !Interruptible::was_asked() && data.feasible(arch);
  };
  SearchResult result(options.objectives.size());
  result.algorithm = algorithm;
  const std::int64_t rejected = data.rejected();
  const std::int64_t computed = computed_by(scored);
  const auto searcher = search::make_algorithm(
      algorithm, {data.space(), feasible}, settings, options.objectives.size());
  const std::string name = algorithm + place_of(place);
  Progress progress(
      name,
      static_cast<std::int64_t>(settings.evaluations),
      options.score.quiet);
  ShownEvaluator shown(evaluator, options, name, progress);
  result.outcome = search::run(
      *searcher,
      shown,
      result.history,
      settings.evaluations,
      options.count.value_or(search::Count::distinct));
  if (Interruptible::was_asked()) result.outcome.end = search::End::stopped;
  if (result.outcome.end == search::End::complete) progress.finish();
  result.rejected = data.rejected() - rejected;
  result.computed = computed_by(scored) - computed;
  result.scoring = evaluator.seconds();
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

}  // namespace zcp::apps
