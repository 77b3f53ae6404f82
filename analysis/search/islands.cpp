#include "analysis/search/islands.h"

#include <cmath>

namespace zcp::search {

std::size_t
island_share(std::size_t evaluations, std::size_t island, std::size_t islands) {
  return evaluations / islands + (island < evaluations % islands ? 1 : 0);
}

std::vector<std::vector<std::size_t>> unite_histories(
    std::span<const History> histories,
    History& united) {
  std::vector<std::vector<std::size_t>> places;
  for (const History& history : histories) {
    std::vector<std::size_t>& own = places.emplace_back();
    for (const std::string& arch : history.archs()) {
      const auto known = united.find(arch);
      own.push_back(known ? *known : united.add(arch));
    }
  }
  return places;
}

Outcome unite_outcomes(
    std::span<const Outcome> outcomes,
    const std::vector<std::vector<std::size_t>>& places,
    const History& united) {
  Outcome all;
  std::size_t best = kNoRecord;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    for (const std::size_t query : outcome.queries) {
      const std::size_t record = places[i][query];
      const double value = united.value(record);
      if (!std::isnan(value) &&
          (best == kNoRecord || value > united.value(best))) {
        best = record;
      }
      all.queries.push_back(record);
      all.incumbents.push_back(best);
    }
    if (outcome.end == End::stopped ||
        (outcome.end == End::exhausted && all.end == End::complete)) {
      all.end = outcome.end;
    }
  }
  return all;
}

}  // namespace zcp::search
