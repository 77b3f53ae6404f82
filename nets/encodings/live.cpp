#include <algorithm>
#include <cmath>
#include <limits>

#include "common/parallel.h"
#include "nets/encodings/features.h"
#include "nets/encodings/vocabulary.h"

namespace zcp::encodings {
namespace {

/// Over the paths from input to output that pass something on.
struct PathSums {
  double paths = 0;
  double most = -std::numeric_limits<double>::infinity();
  double fewest = std::numeric_limits<double>::infinity();
  double sum = 0;

  void join(const PathSums& other) {
    paths += other.paths;
    most = std::max(most, other.most);
    fewest = std::min(fewest, other.fewest);
    sum += other.sum;
  }
  void pass(double weight) {
    most += weight;
    fewest += weight;
    sum += weight * paths;
  }
};

/// How often an operation of the set stands on the live paths.
PathSums sums_over_paths(
    const CellGraph& graph,
    const std::vector<bool>& live,
    const std::vector<std::uint8_t>& codes,
    const OpSet& set) {
  std::vector<PathSums> to(codes.size());
  const PathSums start{1, 0, 0, 0};
  for (const int v : graph.sources) to[static_cast<std::size_t>(v)].join(start);
  PathSums whole;
  for (std::size_t v = 0; v < codes.size(); ++v) {
    if (!live[v]) continue;
    for (const auto& [from, target] : graph.edges) {
      if (static_cast<std::size_t>(target) != v) continue;
      if (live[static_cast<std::size_t>(from)]) {
        to[v].join(to[static_cast<std::size_t>(from)]);
      }
    }
    to[v].pass(set[codes[v]] ? 1 : 0);
  }
  for (const int v : graph.sinks) {
    if (live[static_cast<std::size_t>(v)]) {
      whole.join(to[static_cast<std::size_t>(v)]);
    }
  }
  return whole;
}

/// A group of operations whose places on paths are counted.
struct Group {
  std::string name;
  OpSet set;
};

std::vector<Group> groups_of(const std::vector<std::string>& ops) {
  std::vector<Group> groups;
  Group convolutions{"convolutions", OpSet(ops.size(), false)};
  for (std::size_t op = 0; op < ops.size(); ++op) {
    if (ops[op].find("conv") != std::string::npos) convolutions.set[op] = true;
    if (is_none(ops[op])) continue;
    Group own{ops[op], OpSet(ops.size(), false)};
    own.set[op] = true;
    groups.push_back(own);
  }
  if (std::ranges::count(convolutions.set, true) > 1) {
    groups.push_back(convolutions);
  }
  return groups;
}

/// The features of one group, in this order.
enum LiveKind : std::size_t {
  kLiveCount,
  kReadCount,
  kMostOnPath,
  kFewestOnPath,
  kMeanOnPath,
  kSumOverPaths,
  kLiveKinds
};

constexpr std::array<const char*, kLiveKinds> kLiveKindNames{
    "live_count",
    "read_count",
    "most_on_path",
    "fewest_on_path",
    "mean_on_path",
    "sum_over_paths"};

void add_live_graph(
    const GraphPool& pool,
    std::size_t at,
    const std::string& name,
    std::vector<Feature>& features) {
  const Vocabulary words = vocabulary_of(pool, at);
  if (words.ops.empty()) return;
  const std::vector<Group> groups = groups_of(words.ops);
  const std::string prefix = name_prefix(name);
  const std::size_t first = features.size();
  const std::vector<double> empty(pool.size());
  features.push_back({prefix + "paths", empty});
  for (const char* kind : kLiveKindNames) {
    for (const Group& group : groups) {
      features.push_back({prefix + kind + " " + group.name, empty});
    }
  }
  const bool sized = std::ranges::any_of(
      pool, [&](const auto& graphs) { return !graphs[at].sizes.empty(); });
  const std::size_t sizes = features.size();
  if (sized) features.push_back({prefix + "log_sizes", empty});
  parallel_for(
      pool.size(),
      [&](std::size_t row) {
        const CellGraph& graph = pool[row][at];
        const std::vector<bool> live = live_nodes(graph);
        const std::vector<bool> read = read_nodes(graph);
        const auto& codes = words.codes[row];
        for (std::size_t g = 0; g < groups.size(); ++g) {
          const auto put = [&](LiveKind kind, double value) {
            features[first + 1 + kind * groups.size() + g].values[row] = value;
          };
          const PathSums sums =
              sums_over_paths(graph, live, codes, groups[g].set);
          double count = 0;
          double reads = 0;
          for (std::size_t v = 0; v < codes.size(); ++v) {
            count += live[v] && groups[g].set[codes[v]] ? 1 : 0;
            reads += read[v] && groups[g].set[codes[v]] ? 1 : 0;
          }
          const bool none = sums.paths == 0;
          features[first].values[row] = sums.paths;
          put(kLiveCount, count);
          put(kReadCount, reads);
          put(kMostOnPath, none ? -1 : sums.most);
          put(kFewestOnPath, none ? -1 : sums.fewest);
          put(kMeanOnPath, none ? -1 : sums.sum / sums.paths);
          put(kSumOverPaths, sums.sum);
        }
        for (const double size : graph.sizes) {
          features[sizes].values[row] += std::log(size);
        }
      },
      {.chunk = 64});
}

}  // namespace

std::vector<Feature> live_features(
    const GraphPool& pool,
    const std::vector<std::string>& names) {
  std::vector<Feature> features;
  for (std::size_t at = 0; at < names.size(); ++at) {
    add_live_graph(pool, at, names[at], features);
  }
  return features;
}

std::vector<Feature> operation_counts(
    const GraphPool& pool,
    const std::vector<std::string>& names) {
  std::vector<Feature> features;
  for (std::size_t at = 0; at < names.size(); ++at) {
    const Vocabulary words = vocabulary_of(pool, at);
    for (std::size_t op = 0; op < words.ops.size(); ++op) {
      if (is_none(words.ops[op])) continue;
      Feature count{
          name_prefix(names[at]) + words.ops[op],
          std::vector<double>(pool.size())};
      for (std::size_t row = 0; row < pool.size(); ++row) {
        count.values[row] =
            static_cast<double>(std::ranges::count(words.codes[row], op));
      }
      features.push_back(std::move(count));
    }
  }
  return features;
}

}  // namespace zcp::encodings
