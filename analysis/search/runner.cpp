#include "analysis/search/runner.h"

#include <unordered_set>

namespace zcp::search {
namespace {

constexpr std::size_t kPatience = 100'000;

/// What of a batch still counts: the architectures that are new, and how many
/// of its proposals are taken.
struct Batch {
  std::vector<std::string> fresh;
  std::size_t taken = 0;
};

Batch take(
    const std::vector<std::string>& proposals,
    const History& history,
    std::size_t left,
    Count count) {
  Batch batch;
  std::unordered_set<std::string> seen;
  std::size_t used = 0;
  for (const std::string& arch : proposals) {
    if (used == left) break;
    const bool is_new = !history.find(arch) && seen.insert(arch).second;
    if (is_new) batch.fresh.push_back(arch);
    if (is_new || count == Count::queries) ++used;
    ++batch.taken;
  }
  return batch;
}

}  // namespace

Outcome run(
    Algorithm& algorithm,
    Evaluator& evaluator,
    History& history,
    std::size_t evaluations,
    Count count) {
  Outcome outcome;
  std::size_t stale = 0;
  for (;;) {
    const std::size_t made =
        count == Count::distinct ? history.size() : outcome.queries.size();
    if (made >= evaluations) return outcome;
    const auto proposals = algorithm.propose(history);
    if (proposals.empty() || stale >= kPatience) {
      outcome.end = End::exhausted;
      return outcome;
    }
    const Batch batch = take(proposals, history, evaluations - made, count);
    if (!batch.fresh.empty()) {
      if (!evaluator.evaluate(batch.fresh)) {
        outcome.end = End::stopped;
        return outcome;
      }
      for (const std::string& arch : batch.fresh) history.add(arch);
      evaluator.update(history);
    }
    stale = batch.fresh.empty() ? stale + batch.taken : 0;
    std::vector<std::size_t> records;
    for (std::size_t i = 0; i < batch.taken; ++i) {
      records.push_back(*history.find(proposals[i]));
    }
    outcome.queries.insert(
        outcome.queries.end(), records.begin(), records.end());
    algorithm.tell(history, records);
  }
}

std::vector<std::size_t> first_queries(
    const Outcome& outcome,
    const History& history) {
  std::vector<std::size_t> first(history.size());
  for (std::size_t i = outcome.queries.size(); i > 0; --i) {
    first[outcome.queries[i - 1]] = i;
  }
  return first;
}

}  // namespace zcp::search
