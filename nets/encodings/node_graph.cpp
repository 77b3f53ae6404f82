#include "nets/encodings/node_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <unordered_map>

#include "common/error.h"
#include "common/hash.h"
#include "nets/encodings/vocabulary.h"
#include "nets/spaces/nas_bench_101_cell.h"
#include "nets/spaces/spec.h"

namespace zcp::encodings {
namespace {

constexpr std::string_view kDirect = "direct";  // see nas_bench_101_graph()

/// What an architecture without cells is made of, one after another: its
/// choices, or the parts of its spec.
CellGraph chain_of_parts(const spaces::Space& space, std::string_view spec) {
  std::vector<std::string> ops;
  if (space.choices().empty()) {
    const std::string text = space.normalise(spec);
    const char separator = text.find('/') == std::string::npos ? '-' : '/';
    for (const std::string_view part : spaces::split_spec(text, separator)) {
      ops.emplace_back(part);
    }
  } else {
    const std::vector<int> options = space.options_of(spec);
    for (std::size_t place = 0; place < options.size(); ++place) {
      ops.push_back(fmt::format("{}={}", place, options[place]));
    }
  }
  return chain(std::move(ops));
}

/// The pool with a graph a row.
GraphPool one_by_one(const GraphPool& pool) {
  GraphPool rows;
  for (const auto& graphs : pool) {
    for (const CellGraph& graph : graphs) rows.push_back({graph});
  }
  return rows;
}

bool is_direct(const CellGraph& graph, std::size_t node) {
  return graph.ops[node] == kDirect;
}

float share_of(double size, const SizeRange& range) {
  const double width = range.high - range.low;
  return width > 0 ? static_cast<float>((std::log(size) - range.low) / width)
                   : 0;
}

SizeRange range_of(const GraphPool& rows) {
  SizeRange range;
  for (const auto& graphs : rows) {
    for (const double size : graphs[0].sizes) {
      range.low = std::min(range.low, std::log(size));
      range.high = std::max(range.high, std::log(size));
    }
  }
  return range;
}

/// Where nodes of a cell go in its node graph; the output is one further.
std::vector<std::size_t> places_of(const CellGraph& cell) {
  std::vector<std::size_t> places(cell.ops.size(), 0);
  std::size_t next = 1;
  for (std::size_t v = 0; v < cell.ops.size(); ++v) {
    if (!is_direct(cell, v)) places[v] = next++;
  }
  return places;
}

/// How many nodes a cell has as a node graph, input and output included.
std::size_t nodes_of(const CellGraph& cell) {
  return cell.ops.size() + 2 -
         static_cast<std::size_t>(std::ranges::count(cell.ops, kDirect));
}

using Codes = std::unordered_map<std::string, std::uint8_t>;

/// The place of each operation in the words.
Codes codes_of(const NodeLayout& layout) {
  Codes codes;
  for (std::size_t w = 1; w + 1 < layout.words.size(); ++w) {
    codes.emplace(layout.words[w], static_cast<std::uint8_t>(w));
  }
  return codes;
}

NodeGraph
node_graph(const CellGraph& cell, const Codes& codes, const NodeLayout& all) {
  const std::size_t nodes = all.nodes;
  const auto places = places_of(cell);
  const std::size_t output = nodes_of(cell) - 1;
  NodeGraph graph;
  graph.words.assign(nodes, NodeGraph::kNoWord);
  graph.edges.assign(nodes * nodes, 0);
  if (all.sized) graph.sizes.assign(nodes, 0);
  graph.words[0] = 0;
  graph.words[output] = static_cast<std::uint8_t>(all.words.size() - 1);
  for (std::size_t v = 0; v < cell.ops.size(); ++v) {
    if (is_direct(cell, v)) {
      graph.edges[output] = 1;
      continue;
    }
    graph.words[places[v]] = codes.at(cell.ops[v]);
    if (!cell.sizes.empty()) {
      graph.sizes[places[v]] = share_of(cell.sizes[v], all.sizes);
    }
  }
  const auto place = [&](int v) { return places[static_cast<std::size_t>(v)]; };
  for (const int v : cell.sources) {
    if (place(v) > 0) graph.edges[place(v)] = 1;
  }
  for (const int v : cell.sinks) {
    if (place(v) > 0) graph.edges[place(v) * nodes + output] = 1;
  }
  for (const auto& [from, to] : cell.edges) {
    graph.edges[place(from) * nodes + place(to)] = 1;
  }
  return graph;
}

NodeLayout layout_of(const GraphPool& pool) {
  constexpr std::size_t kMostWords = NodeGraph::kNoWord;
  const GraphPool rows = one_by_one(pool);
  const Vocabulary known = vocabulary_of(rows, 0);
  NodeLayout layout;
  layout.each = pool.empty() ? 1 : pool.front().size();
  layout.words.emplace_back("input");
  for (const std::string& op : known.ops) {
    if (op != kDirect) layout.words.push_back(op);
  }
  layout.words.emplace_back("output");
  if (layout.words.size() > kMostWords) {
    throw UserError(
        "{} different operations in one space, expected at most {}",
        known.ops.size(),
        kMostWords - 2);
  }
  for (const auto& graphs : rows) {
    layout.nodes = std::max(layout.nodes, nodes_of(graphs[0]));
    layout.sized = layout.sized || !graphs[0].sizes.empty();
  }
  layout.sizes = range_of(rows);
  return layout;
}

}  // namespace

GraphPool encoded_pool(
    const spaces::Space& space,
    std::span<const std::string> specs) {
  GraphPool pool = graph_pool(space, specs);
  for (std::size_t row = 0; row < pool.size(); ++row) {
    const bool empty = std::ranges::all_of(
        pool[row], [](const CellGraph& graph) { return graph.ops.empty(); });
    if (!empty) continue;
    pool[row] = {chain_of_parts(space, specs[row])};
  }
  return pool;
}

NodeGraphs node_graphs(const GraphPool& pool) {
  return node_graphs(pool, layout_of(pool));
}

NodeGraphs node_graphs(const GraphPool& pool, const NodeLayout& layout) {
  NodeGraphs all{layout, {}};
  const Codes codes = codes_of(layout);
  for (const auto& graphs : pool) {
    if (const auto why = misfit(graphs, layout)) {
      throw std::invalid_argument("node_graphs: an architecture " + *why);
    }
    for (const CellGraph& cell : graphs) {
      all.graphs.push_back(node_graph(cell, codes, all));
    }
  }
  return all;
}

std::optional<std::string> misfit(
    const std::vector<CellGraph>& graphs,
    const NodeLayout& layout) {
  if (graphs.size() != layout.each) {
    return fmt::format("has {} graphs, not {}", graphs.size(), layout.each);
  }
  const std::span operations(layout.words.begin() + 1, layout.words.end() - 1);
  for (const CellGraph& cell : graphs) {
    for (const std::string& op : cell.ops) {
      const bool known = op == kDirect ||
                         std::ranges::find(operations, op) != operations.end();
      if (!known) return fmt::format("has the operation {}", op);
    }
    if (nodes_of(cell) > layout.nodes) {
      return fmt::format(
          "has {} nodes, more than {}", nodes_of(cell), layout.nodes);
    }
    if (!cell.sizes.empty() && !layout.sized) return "has sizes";
    for (const double size : cell.sizes) {
      const double place = std::log(size);
      if (place >= layout.sizes.low && place <= layout.sizes.high) continue;
      return fmt::format(
          "has the size {}, outside {:.6g} to {:.6g}",
          size,
          std::exp(layout.sizes.low),
          std::exp(layout.sizes.high));
    }
  }
  return std::nullopt;
}

int edit_distance(const NodeGraph& a, const NodeGraph& b) {
  int distance = 0;
  for (std::size_t v = 0; v < a.words.size(); ++v) {
    const bool same = a.words[v] == b.words[v] &&
                      (a.sizes.empty() || a.sizes[v] == b.sizes[v]);
    distance += same ? 0 : 1;
  }
  for (std::size_t e = 0; e < a.edges.size(); ++e) {
    distance += a.edges[e] == b.edges[e] ? 0 : 1;
  }
  return distance;
}

std::uint64_t isomorphism_hash(const NodeGraph& graph) {
  const std::size_t nodes = graph.words.size();
  const auto edge = [&](std::size_t from, std::size_t to) {
    return graph.edges[from * nodes + to] != 0;
  };
  std::vector<std::uint64_t> hashes(nodes);
  for (std::size_t v = 0; v < nodes; ++v) {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    for (std::size_t u = 0; u < nodes; ++u) {
      in += edge(u, v) ? 1 : 0;
      out += edge(v, u) ? 1 : 0;
    }
    hashes[v] = hash_numbers(
        std::vector<std::uint64_t>{in, out, std::uint64_t{graph.words[v]}});
  }
  for (std::size_t round = 0; round < nodes; ++round) {
    std::vector<std::uint64_t> next(nodes);
    for (std::size_t v = 0; v < nodes; ++v) {
      std::vector<std::uint64_t> in;
      std::vector<std::uint64_t> out;
      for (std::size_t u = 0; u < nodes; ++u) {
        if (edge(u, v)) in.push_back(hashes[u]);
        if (edge(v, u)) out.push_back(hashes[u]);
      }
      std::ranges::sort(in);
      std::ranges::sort(out);
      next[v] = hash_numbers(std::vector<std::uint64_t>{
          hash_numbers(in), hash_numbers(out), hashes[v]});
    }
    hashes = std::move(next);
  }
  std::ranges::sort(hashes);
  return hash_numbers(hashes);
}

NodeGraphRules::NodeGraphRules(
    const spaces::Space& space,
    const NodeGraphs& graphs)
    : graphs_(graphs), nas_bench_101_(space.info().name == "nas-bench-101") {
  const std::string& name = space.info().name;
  six_edges_ =
      name == "nats-tss" || name == "nas-bench-360" || name == "transnas-micro";
  bool alike = !graphs.sized;
  for (std::size_t g = 0; g < graphs.graphs.size(); ++g) {
    const NodeGraph& first = graphs.graphs[g % graphs.each];
    const NodeGraph& graph = graphs.graphs[g];
    alike = alike && graph.edges == first.edges;
  }
  if (!alike || nas_bench_101_) return;
  occurs_.assign(
      graphs.each,
      std::vector<std::vector<bool>>(
          graphs.nodes, std::vector<bool>(graphs.words.size(), false)));
  for (std::size_t g = 0; g < graphs.graphs.size(); ++g) {
    for (std::size_t v = 0; v < graphs.nodes; ++v) {
      const std::uint8_t word = graphs.graphs[g].words[v];
      if (word != NodeGraph::kNoWord) occurs_[g % graphs.each][v][word] = true;
    }
  }
}

bool NodeGraphRules::is_operation(std::uint8_t word) const {
  return word > 0 && std::size_t{word} + 1 < graphs_.words.size();
}

std::optional<bool> NodeGraphRules::valid_by_authors(
    const NodeGraph& graph) const {
  if (nas_bench_101_) return is_nas_bench_101(graph);
  if (!six_edges_) return std::nullopt;
  bool valid = graph.words.front() == 0 &&
               std::size_t{graph.words.back()} + 1 == graphs_.words.size();
  for (std::size_t v = 2; v + 1 < graph.words.size(); ++v) {
    valid = valid && is_operation(graph.words[v]);
  }
  return valid;
}

std::optional<bool> NodeGraphRules::valid(const NodeGraph& graph) const {
  if (nas_bench_101_) return is_nas_bench_101(graph);
  if (occurs_.empty()) return std::nullopt;
  for (std::size_t g = 0; g < occurs_.size(); ++g) {
    bool valid = graph.edges == graphs_.graphs[g].edges;
    for (std::size_t v = 0; valid && v < graph.words.size(); ++v) {
      const std::uint8_t word = graph.words[v];
      valid = word < graphs_.words.size() && occurs_[g][v][word];
    }
    if (valid) return true;
  }
  return false;
}

/// As ModelSpec reads it (google-research/nasbench: lib/model_spec.py): input
/// first, output last, operations between, and after vertices on no path are
/// gone a path and at most nine edges.
bool NodeGraphRules::is_nas_bench_101(const NodeGraph& graph) const {
  namespace nb = spaces::nas_bench_101;
  const std::size_t nodes = graph.words.size();
  if (nodes > nb::kMostVertices || graph.words.front() != 0 ||
      std::size_t{graph.words.back()} + 1 != graphs_.words.size()) {
    return false;
  }
  nb::Cell cell;
  cell.vertices = static_cast<int>(nodes);
  for (std::size_t v = 1; v + 1 < nodes; ++v) {
    if (!is_operation(graph.words[v])) return false;
  }
  for (std::size_t from = 0; from < nodes; ++from) {
    for (std::size_t to = from + 1; to < nodes; ++to) {
      if (graph.edges[from * nodes + to] == 0) continue;
      cell.connect(static_cast<int>(from), static_cast<int>(to));
    }
  }
  const auto pruned = nb::pruned(cell);
  return pruned && std::popcount(pruned->edges) <= nb::kMostEdges;
}

}  // namespace zcp::encodings
