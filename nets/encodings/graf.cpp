#include <algorithm>
#include <numeric>

#include "common/parallel.h"
#include "nets/encodings/features.h"
#include "nets/encodings/vocabulary.h"

namespace zcp::encodings {
namespace {

/// Operations on the shortest and the longest path that uses a set alone; 0
/// where there is none.
struct PathLengths {
  int shortest = 0;
  int longest = 0;
};

PathLengths path_lengths(
    const CellGraph& graph,
    const std::vector<std::uint8_t>& codes,
    const OpSet& set) {
  const std::size_t nodes = codes.size();
  std::vector<PathLengths> to(nodes);
  const auto extend = [&](PathLengths& at, const PathLengths& before) {
    const int least = before.shortest + 1;
    if (at.shortest == 0 || least < at.shortest) at.shortest = least;
    at.longest = std::max(at.longest, before.longest + 1);
  };
  for (const int v : graph.sources) {
    const auto at = static_cast<std::size_t>(v);
    if (set[codes[at]]) extend(to[at], {});
  }
  // Nodes are in topological order; so are edges when sorted by their target.
  std::vector<std::pair<int, int>> edges = graph.edges;
  std::ranges::sort(
      edges, {}, [](const auto& e) { return std::pair(e.second, e.first); });
  for (const auto& [from, target] : edges) {
    const auto at = static_cast<std::size_t>(target);
    const PathLengths& before = to[static_cast<std::size_t>(from)];
    if (before.shortest > 0 && set[codes[at]]) extend(to[at], before);
  }
  PathLengths whole;
  for (const int v : graph.sinks) {
    const PathLengths& end = to[static_cast<std::size_t>(v)];
    if (end.shortest == 0) continue;
    if (whole.shortest == 0 || end.shortest < whole.shortest) {
      whole.shortest = end.shortest;
    }
    whole.longest = std::max(whole.longest, end.longest);
  }
  return whole;
}

int count_in(
    const std::vector<int>& nodes,
    const std::vector<std::uint8_t>& codes,
    const OpSet& set) {
  return static_cast<int>(std::ranges::count_if(
      nodes, [&](int v) { return set[codes[static_cast<std::size_t>(v)]]; }));
}

/// The features of one set, in this order.
enum Kind : std::size_t { kShortest, kLongest, kIn, kOut, kMean, kKinds };

constexpr std::array<const char*, kKinds> kKindNames{
    "min_path_len",
    "max_op_on_path",
    "in_degree",
    "out_degree",
    "degree"};

void add_graph(
    const GraphPool& pool,
    std::size_t at,
    const std::string& name,
    std::vector<Feature>& features) {
  const Vocabulary words = vocabulary_of(pool, at);
  if (words.ops.empty()) return;
  const std::vector<OpSet> sets = op_sets(words.ops.size());
  const std::string prefix = name_prefix(name);
  const std::size_t first = features.size();
  for (const std::string& op : words.ops) {
    features.push_back({prefix + "op_count " + op, {}});
  }
  for (const char* kind : kKindNames) {
    for (const OpSet& set : sets) {
      features.push_back({prefix + kind + " " + set_text(set, words.ops), {}});
    }
  }
  for (std::size_t i = first; i < features.size(); ++i) {
    features[i].values.resize(pool.size());
  }
  const auto most = static_cast<double>(words.most_nodes);
  parallel_for(
      pool.size(),
      [&](std::size_t row) {
        const CellGraph& graph = pool[row][at];
        const auto& codes = words.codes[row];
        for (const std::uint8_t code : codes) {
          features[first + code].values[row] += 1;
        }
        std::vector<int> all(codes.size());
        std::iota(all.begin(), all.end(), 0);
        for (std::size_t s = 0; s < sets.size(); ++s) {
          const auto put = [&](Kind kind, double value) {
            const std::size_t column =
                first + words.ops.size() + kind * sets.size() + s;
            features[column].values[row] = value;
          };
          const PathLengths paths = path_lengths(graph, codes, sets[s]);
          put(kShortest, paths.shortest == 0 ? most : paths.shortest);
          put(kLongest, paths.longest);
          put(kIn, count_in(graph.sources, codes, sets[s]));
          put(kOut, count_in(graph.sinks, codes, sets[s]));
          put(kMean, count_in(all, codes, sets[s]) / double(graph.vertices));
        }
      },
      {.chunk = 64});
}

}  // namespace

std::vector<Feature> graf_features(
    const GraphPool& pool,
    const std::vector<std::string>& names) {
  std::vector<Feature> features;
  for (std::size_t at = 0; at < names.size(); ++at) {
    add_graph(pool, at, names[at], features);
  }
  return features;
}

}  // namespace zcp::encodings
