// Architectures as small graphs with operations on their nodes, the common
// form that graph features and encodings are computed on.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nets/spaces/space.h"

namespace zcp::encodings {

/// A directed acyclic graph of operations: a cell, or a whole network that is
/// a chain of choices. Where a space has its operations on edges (NATS-TSS,
/// TransNAS-Bench-101 micro, DARTS), each edge is a node here, as in arch2vec
/// (NeurIPS 2020).
struct CellGraph {
  /// The operation of each node, in an order in which edges point forwards.
  std::vector<std::string> ops;
  /// A number of each node that orders its operation's size (channels); empty
  /// where the space has none.
  std::vector<double> sizes;
  std::vector<std::pair<int, int>> edges;  ///< between nodes, from < to
  std::vector<int> sources;                ///< nodes that read the input
  std::vector<int> sinks;                  ///< nodes that the output reads
  /// Vertices of the benchmark's own drawing, input and output included; mean
  /// degrees are sums over them.
  int vertices = 0;
};

/// Nodes one behind the other.
CellGraph chain(std::vector<std::string> ops, std::vector<double> sizes = {});

/// The graphs of an architecture: one, or normal and reduction cell of DARTS.
/// Every architecture of a space has the same number. The name of the operation
/// that passes nothing on is `none` in every space. Throws UserError for an
/// ill-formed spec.
std::vector<CellGraph> cell_graphs(
    const spaces::Space& space,
    std::string_view spec);

/// What the graphs of `space` are called, such as {"normal", "reduce"}; {""}
/// where there is one.
std::vector<std::string> graph_names(const spaces::Space& space);

/// True for the name of an operation that passes nothing on.
inline bool is_none(std::string_view op) {
  return op == "none";
}

/// The nodes that lie on a path from input to output without a `none`.
std::vector<bool> live_nodes(const CellGraph& graph);

/// The nodes whose result reaches the output, whether or not the input reaches
/// them: what a compiler leaves of a cell.
std::vector<bool> read_nodes(const CellGraph& graph);

}  // namespace zcp::encodings
