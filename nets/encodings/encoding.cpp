#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "nets/encodings/features.h"
#include "nets/encodings/vocabulary.h"

namespace zcp::encodings {
namespace {

/// Sequences of operations on the paths from input to output.
using Paths = std::set<std::vector<std::uint8_t>>;

Paths paths_of(const CellGraph& graph, const std::vector<std::uint8_t>& codes) {
  std::vector<Paths> to(codes.size());
  for (const int v : graph.sources) {
    to[static_cast<std::size_t>(v)].insert(std::vector<std::uint8_t>{});
  }
  Paths whole;
  for (std::size_t v = 0; v < codes.size(); ++v) {
    Paths own;
    for (const auto& [from, target] : graph.edges) {
      if (static_cast<std::size_t>(target) != v) continue;
      to[v].merge(Paths(to[static_cast<std::size_t>(from)]));
    }
    for (std::vector<std::uint8_t> path : to[v]) {
      path.push_back(codes[v]);
      own.insert(std::move(path));
    }
    to[v] = std::move(own);
  }
  for (const int v : graph.sinks) {
    whole.merge(Paths(to[static_cast<std::size_t>(v)]));
  }
  return whole;
}

std::string path_text(
    const std::vector<std::uint8_t>& path,
    const Vocabulary& words) {
  std::vector<std::string> names;
  for (const std::uint8_t code : path) names.push_back(words.ops[code]);
  return fmt::format("{}", fmt::join(names, ">"));
}

bool constant(const std::vector<double>& values) {
  return std::ranges::all_of(
      values, [&](double value) { return value == values.front(); });
}

/// Columns by name, made when first written to.
class Columns {
 public:
  explicit Columns(std::size_t rows) : rows_(rows) {}

  void put(const std::string& name, std::size_t row, double value) {
    auto [at, fresh] = columns_.try_emplace(name);
    if (fresh) at->second.resize(rows_, 0);
    at->second[row] = value;
  }

  void take_varying(std::vector<Feature>& features) {
    for (auto& [name, values] : columns_) {
      if (!constant(values)) features.push_back({name, std::move(values)});
    }
  }

 private:
  std::size_t rows_;
  std::map<std::string, std::vector<double>> columns_;
};

}  // namespace

std::vector<Feature> adjacency_encoding(
    const GraphPool& pool,
    const std::vector<std::string>& names) {
  std::vector<Feature> features;
  for (std::size_t at = 0; at < names.size(); ++at) {
    const std::string prefix = name_prefix(names[at]);
    Columns columns(pool.size());
    for (std::size_t row = 0; row < pool.size(); ++row) {
      const CellGraph& graph = pool[row][at];
      for (std::size_t v = 0; v < graph.ops.size(); ++v) {
        columns.put(
            fmt::format("{}node {} {}", prefix, v, graph.ops[v]), row, 1);
      }
      for (std::size_t v = 0; v < graph.sizes.size(); ++v) {
        columns.put(fmt::format("{}size {}", prefix, v), row, graph.sizes[v]);
      }
      for (const auto& [from, to] : graph.edges) {
        columns.put(fmt::format("{}edge {}>{}", prefix, from, to), row, 1);
      }
      for (const int v : graph.sources) {
        columns.put(fmt::format("{}edge in>{}", prefix, v), row, 1);
      }
      for (const int v : graph.sinks) {
        columns.put(fmt::format("{}edge {}>out", prefix, v), row, 1);
      }
    }
    columns.take_varying(features);
  }
  return features;
}

std::vector<Feature> path_encoding(
    const GraphPool& pool,
    const std::vector<std::string>& names,
    std::size_t most) {
  std::vector<Feature> features;
  for (std::size_t at = 0; at < names.size(); ++at) {
    const Vocabulary words = vocabulary_of(pool, at);
    std::map<std::vector<std::uint8_t>, std::vector<std::size_t>> rows;
    for (std::size_t row = 0; row < pool.size(); ++row) {
      for (const auto& path : paths_of(pool[row][at], words.codes[row])) {
        rows[path].push_back(row);
      }
    }
    std::vector<const std::pair<
        const std::vector<std::uint8_t>,
        std::vector<std::size_t>>*>
        kept;
    for (const auto& entry : rows) {
      const std::size_t count = entry.second.size();
      if (count >= 2 && count < pool.size()) kept.push_back(&entry);
    }
    std::ranges::stable_sort(kept, std::ranges::greater{}, [](const auto* e) {
      return e->second.size();
    });
    kept.resize(std::min(kept.size(), most));
    for (const auto* entry : kept) {
      Feature bit{
          name_prefix(names[at]) + "path " + path_text(entry->first, words),
          std::vector<double>(pool.size(), 0)};
      for (const std::size_t row : entry->second) bit.values[row] = 1;
      features.push_back(std::move(bit));
    }
  }
  return features;
}

}  // namespace zcp::encodings
