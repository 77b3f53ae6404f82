#include "apps/search/islands.h"

#include <utility>

#include "analysis/search/fronts.h"
#include "analysis/search/islands.h"
#include "apps/search/once.h"

namespace zcp::apps {

std::vector<std::size_t> islands_of(const SearchOptions& options) {
  std::vector<std::size_t> islands;
  const Shard& shard = options.score.shard;
  for (std::size_t i = shard.index; i < options.islands; i += shard.count) {
    islands.push_back(i);
  }
  return islands;
}

SearchResult search_islands(
    const SearchOptions& options,
    const SearchData& data,
    const std::string& algorithm,
    std::span<const ScoredColumns> scored) {
  SearchResult all(options.objectives.size());
  all.algorithm = algorithm;
  std::vector<search::History> histories;
  std::vector<search::Outcome> outcomes;
  ColumnEvaluator united(options, data);
  for (const std::size_t island : islands_of(options)) {
    ColumnEvaluator evaluator(options, data, scored);
    SearchResult result = search_once(
        options, data, algorithm, scored, {island, options.islands}, evaluator);
    const std::size_t found = united.add(evaluator);
    if (options.islands > 1) {
      all.islands.insert(all.islands.end(), found, island);
    }
    all.rejected += result.rejected;
    all.computed += result.computed;
    all.scoring += result.scoring;
    all.seconds += result.seconds;
    histories.push_back(std::move(result.history));
    outcomes.push_back(std::move(result.outcome));
    if (outcomes.back().end == search::End::stopped) break;
  }
  const auto places = search::unite_histories(histories, all.history);
  if (all.history.size() > 0) united.update(all.history);
  all.outcome = search::unite_outcomes(outcomes, places, all.history);
  // Incumbents of a composite were those of their time.
  if (outcomes.size() == 1) all.outcome = std::move(outcomes.front());
  all.values = united.values();
  all.front = search::front_of(all.history);
  return all;
}

}  // namespace zcp::apps
