#include "nets/encodings/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/error.h"
#include "common/parallel.h"

namespace zcp::encodings {
namespace {

/// The sets of `size` of `ops` operations, in lexicographic order.
void add_sets(std::size_t ops, std::size_t size, std::vector<OpSet>& sets) {
  OpSet chosen(ops, false);
  std::fill_n(chosen.begin(), size, true);
  do {
    sets.push_back(chosen);
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
}

}  // namespace

Vocabulary vocabulary_of(const GraphPool& pool, std::size_t graph) {
  constexpr std::size_t kMostOps = 255;
  std::set<std::string> names;
  Vocabulary words;
  for (const auto& graphs : pool) {
    for (const std::string& op : graphs[graph].ops) names.insert(op);
    words.most_nodes = std::max(words.most_nodes, graphs[graph].ops.size());
  }
  if (names.size() > kMostOps) {
    throw UserError(
        "{} different operations in one space, expected at most {}",
        names.size(),
        kMostOps);
  }
  words.ops.assign(names.begin(), names.end());
  words.codes.resize(pool.size());
  for (std::size_t row = 0; row < pool.size(); ++row) {
    for (const std::string& op : pool[row][graph].ops) {
      const auto at = std::ranges::lower_bound(words.ops, op);
      words.codes[row].push_back(
          static_cast<std::uint8_t>(at - words.ops.begin()));
    }
  }
  return words;
}

std::vector<OpSet> op_sets(std::size_t ops) {
  constexpr std::size_t kAllSets = 6;
  std::vector<OpSet> sets;
  for (std::size_t size = 1; size <= ops; ++size) {
    const bool wanted = ops <= kAllSets || size <= 2 || size + 1 >= ops;
    if (wanted) add_sets(ops, size, sets);
  }
  return sets;
}

std::string set_text(const OpSet& set, const std::vector<std::string>& ops) {
  std::vector<std::string> names;
  for (std::size_t op = 0; op < ops.size(); ++op) {
    if (set[op]) names.push_back(ops[op]);
  }
  return fmt::format("{{{}}}", fmt::join(names, ","));
}

std::string name_prefix(const std::string& graph) {
  return graph.empty() ? "" : graph + " ";
}

GraphPool graph_pool(
    const spaces::Space& space,
    std::span<const std::string> specs) {
  GraphPool pool(specs.size());
  const ParallelOptions options{.chunk = 64};
  parallel_for(
      specs.size(),
      [&](std::size_t i) { pool[i] = cell_graphs(space, specs[i]); },
      options);
  return pool;
}

}  // namespace zcp::encodings
