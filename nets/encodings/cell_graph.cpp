#include "nets/encodings/cell_graph.h"

#include <fmt/format.h>

#include <array>

#include "nets/spaces/darts_genotype.h"
#include "nets/spaces/mobilenet_v2_structure.h"
#include "nets/spaces/nas_bench_101_spec.h"
#include "nets/spaces/nats_tss.h"
#include "nets/spaces/spec.h"

namespace zcp::encodings {
namespace {

using spaces::kCellEdges;

/// Six operations on the edges of four nodes.
CellGraph six_edges(std::vector<std::string> ops) {
  CellGraph graph;
  graph.ops = std::move(ops);
  graph.vertices = 4;
  for (std::size_t i = 0; i < kCellEdges.size(); ++i) {
    const int node = static_cast<int>(i);
    if (kCellEdges[i].source == 0) graph.sources.push_back(node);
    if (kCellEdges[i].target == 3) graph.sinks.push_back(node);
    for (std::size_t j = i + 1; j < kCellEdges.size(); ++j) {
      if (kCellEdges[i].target == kCellEdges[j].source) {
        graph.edges.emplace_back(node, static_cast<int>(j));
      }
    }
  }
  return graph;
}

CellGraph nats_graph(std::string_view spec) {
  std::vector<std::string> ops;
  for (const spaces::CellOp op : spaces::parse_nats_cell(spec).ops) {
    ops.emplace_back(spaces::op_name(op));
  }
  return six_edges(std::move(ops));
}

/// "64-41414-D_DD_DDD" in its normal form.
CellGraph transnas_micro_graph(std::string_view spec) {
  constexpr std::array<std::string_view, 4> kOps{
      "none", "skip_connect", "conv_1x1", "conv_3x3"};
  std::vector<std::string> ops;
  const std::string_view cell = spec.substr(spec.rfind('-') + 1);
  for (const char digit : cell) {
    if (digit == '_') continue;
    ops.emplace_back(kOps.at(static_cast<std::size_t>(digit - '0')));
  }
  return six_edges(std::move(ops));
}

CellGraph nas_bench_101_graph(std::string_view spec) {
  namespace nb = spaces::nas_bench_101;
  const nb::Cell cell = nb::parse(spec);
  const int last = cell.vertices - 1;
  CellGraph graph;
  graph.vertices = cell.vertices;
  for (int v = 1; v < last; ++v) {
    graph.ops.emplace_back(
        nb::kOpNames.at(static_cast<std::size_t>(cell.op(v))));
    if (cell.edge(0, v)) graph.sources.push_back(v - 1);
    if (cell.edge(v, last)) graph.sinks.push_back(v - 1);
    for (int to = v + 1; to < last; ++to) {
      if (cell.edge(v, to)) graph.edges.emplace_back(v - 1, to - 1);
    }
  }
  // The edge from input to output is a branch of its own.
  if (cell.edge(0, last)) {
    const int node = static_cast<int>(graph.ops.size());
    graph.ops.emplace_back("direct");
    graph.sources.push_back(node);
    graph.sinks.push_back(node);
  }
  return graph;
}

CellGraph darts_graph(const spaces::darts::Cell& cell) {
  constexpr std::array<std::string_view, 8> kOps{
      "none",
      "max_pool",
      "avg_pool",
      "skip",
      "sep_conv_3",
      "sep_conv_5",
      "dil_conv_3",
      "dil_conv_5"};
  CellGraph graph;
  graph.vertices = spaces::darts::kNodes + 3;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const int node = static_cast<int>(i);
    graph.ops.emplace_back(kOps.at(static_cast<std::size_t>(cell[i].op)));
    graph.sinks.push_back(node);
    const int from = cell[i].source - 2;
    if (from < 0) {
      graph.sources.push_back(node);
    } else {
      graph.edges.emplace_back(2 * from, node);
      graph.edges.emplace_back(2 * from + 1, node);
    }
  }
  return graph;
}

/// A digit a node.
CellGraph digit_chain(std::string_view digits) {
  std::vector<std::string> ops;
  for (const char digit : digits) ops.emplace_back(1, digit);
  return chain(std::move(ops));
}

/// Numbers of channels between colons.
CellGraph width_chain(std::string_view spec) {
  std::vector<std::string> ops;
  std::vector<double> sizes;
  for (const std::string_view width : spaces::split_spec(spec, ':')) {
    ops.emplace_back(width);
    sizes.push_back(spaces::parse_number(width).value_or(0));
  }
  return chain(std::move(ops), std::move(sizes));
}

CellGraph mobilenet_graph(std::string_view spec) {
  std::vector<std::string> ops;
  std::vector<double> sizes;
  for (const auto& block : spaces::mobilenet_v2::parse(spec).blocks) {
    for (int i = 0; i < block.sublayers; ++i) {
      ops.push_back(
          block.residual()
              ? fmt::format("E{}K{}", block.expansion, block.kernel)
              : fmt::format("conv_{}", block.kernel));
      sizes.push_back(block.out);
    }
  }
  return chain(std::move(ops), std::move(sizes));
}

/// "cifar-basic-3.3.3-16.32.64": a node a block.
CellGraph resnet_graph(std::string_view spec) {
  const auto parts = spaces::split_spec(spec, '-');
  const auto blocks = spaces::split_spec(parts.at(2), '.');
  const auto widths = spaces::split_spec(parts.at(3), '.');
  std::vector<std::string> ops;
  std::vector<double> sizes;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const int count = spaces::parse_number(blocks[stage]).value_or(0);
    for (int i = 0; i < count; ++i) {
      ops.emplace_back(parts.at(1));
      sizes.push_back(spaces::parse_number(widths.at(stage)).value_or(0));
    }
  }
  return chain(std::move(ops), std::move(sizes));
}

}  // namespace

CellGraph chain(std::vector<std::string> ops, std::vector<double> sizes) {
  CellGraph graph;
  const int nodes = static_cast<int>(ops.size());
  graph.ops = std::move(ops);
  graph.sizes = std::move(sizes);
  graph.vertices = nodes + 2;
  if (nodes > 0) {
    graph.sources.push_back(0);
    graph.sinks.push_back(nodes - 1);
  }
  for (int i = 0; i + 1 < nodes; ++i) graph.edges.emplace_back(i, i + 1);
  return graph;
}

std::vector<CellGraph> cell_graphs(
    const spaces::Space& space,
    std::string_view spec) {
  const std::string& name = space.info().name;
  if (name == "nats-tss" || name == "nas-bench-360") return {nats_graph(spec)};
  if (name == "nas-bench-101") return {nas_bench_101_graph(spec)};
  if (name == "mobilenet-v2") return {mobilenet_graph(spec)};
  if (name == "darts") {
    const spaces::darts::Genotype genotype = spaces::darts::parse(spec);
    return {darts_graph(genotype.normal), darts_graph(genotype.reduce)};
  }
  const std::string normal = space.normalise(spec);
  if (name == "transnas-micro") return {transnas_micro_graph(normal)};
  if (name == "nas-bench-macro") return {digit_chain(normal)};
  if (name == "nats-sss") return {width_chain(normal)};
  if (name == "resnet") return {resnet_graph(normal)};
  if (name == "transnas-macro") {
    return {digit_chain(spaces::split_spec(normal, '-').at(1))};
  }
  // A space without a graph form here is still scored and predicted from its
  // network's features: its cell is empty.
  return {CellGraph{}};
}

std::vector<std::string> graph_names(const spaces::Space& space) {
  if (space.info().name == "darts") return {"normal", "reduce"};
  return {""};
}

std::vector<bool> read_nodes(const CellGraph& graph) {
  const std::size_t nodes = graph.ops.size();
  std::vector<bool> reads(nodes, false);
  for (const int v : graph.sinks) reads[static_cast<std::size_t>(v)] = true;
  // Edges point forwards, so that one walk is enough.
  for (std::size_t v = nodes; v-- > 0;) {
    for (const auto& [from, to] : graph.edges) {
      if (static_cast<std::size_t>(from) != v) continue;
      if (reads[static_cast<std::size_t>(to)]) reads[v] = true;
    }
    if (is_none(graph.ops[v])) reads[v] = false;
  }
  return reads;
}

std::vector<bool> live_nodes(const CellGraph& graph) {
  const std::size_t nodes = graph.ops.size();
  std::vector<bool> live = read_nodes(graph);
  std::vector<bool> reached(nodes, false);
  for (const int v : graph.sources) reached[static_cast<std::size_t>(v)] = true;
  for (std::size_t v = 0; v < nodes; ++v) {
    for (const auto& [from, to] : graph.edges) {
      if (static_cast<std::size_t>(to) != v) continue;
      if (reached[static_cast<std::size_t>(from)]) reached[v] = true;
    }
    if (is_none(graph.ops[v])) reached[v] = false;
    live[v] = live[v] && reached[v];
  }
  return live;
}

}  // namespace zcp::encodings
