#include "analysis/search/runner.h"

#include <cmath>
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

/// Takes the proposals of a batch into the outcome; `known` records were there
/// before it.
void add_queries(
    Outcome& outcome,
    const History& history,
    std::size_t known,
    const std::vector<std::size_t>& records) {
  std::size_t best = kNoRecord;
  const auto consider = [&](std::size_t record) {
    if (std::isnan(history.value(record))) return;
    const bool better =
        best == kNoRecord || history.value(record) > history.value(best) ||
        (history.value(record) == history.value(best) && record < best);
    if (better) best = record;
  };
  // Those before the batch, whose values may have changed since.
  for (std::size_t record = 0; record < known; ++record) consider(record);
  for (const std::size_t record : records) {
    consider(record);
    outcome.queries.push_back(record);
    outcome.incumbents.push_back(best);
  }
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
    const std::size_t known = history.size();
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
    add_queries(outcome, history, known, records);
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
