// Architectures as arch2vec's autoencoder takes them (Yan, Zheng, Ao, Zeng,
// Zhang, NeurIPS 2020): operations on the nodes of graphs of one size, an input
// and an output among them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nets/encodings/features.h"

namespace zcp::encodings {

/// A graph whose first node is the input; behind the output, nodes that are not
/// there fill it up.
struct NodeGraph {
  static constexpr std::uint8_t kNoWord = 255;  ///< of a node that is not there

  std::vector<std::uint8_t> words;  ///< [node]: a place in NodeGraphs::words
  /// [from * nodes + to]: 1 for an edge, which points forwards, else 0.
  std::vector<std::uint8_t> edges;
  /// [node]: 0 to 1 by the logarithm of its size; empty where the space has no
  /// sizes. Input and output have 0.
  std::vector<float> sizes;

  bool operator==(const NodeGraph&) const = default;
};

/// The least and the greatest logarithm of a size, which are 0 and 1 in
/// NodeGraph::sizes; without sizes low is above high.
struct SizeRange {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool operator==(const SizeRange&) const = default;
};

/// What the graphs of a pool have in common, and so what the graphs of other
/// architectures have to have for a network that knows that pool.
struct NodeLayout {
  /// What nodes are: the input, the operations of the pool in alphabetical
  /// order, the output.
  std::vector<std::string> words;
  std::size_t nodes = 0;  ///< of each graph
  bool sized = false;     ///< whether NodeGraph::sizes are there
  SizeRange sizes;
  std::size_t each = 1;  ///< graphs of an architecture

  bool operator==(const NodeLayout&) const = default;
};

/// The graphs of a pool of architectures.
struct NodeGraphs : NodeLayout {
  /// Those of the first architecture, then those of the second, ...
  std::vector<NodeGraph> graphs;

  std::size_t architectures() const { return graphs.size() / each; }
};

/// graph_pool(), but of architectures without cells (transformers) the chain of
/// their parts: "place=option" for each choice of a space that has choices,
/// else what stands between the slashes, or without any the dashes, of the
/// spec. Throws UserError for an ill-formed spec.
GraphPool encoded_pool(
    const spaces::Space& space,
    std::span<const std::string> specs);

/// As arch2vec prepares them (preprocessing/nasbench201_json.py, gen_json.py):
/// the branch from input to output of a NAS-Bench-101 cell is an edge here and
/// no node. Throws UserError where the pool has more than 253 operations.
NodeGraphs node_graphs(const GraphPool& pool);

/// The same as another pool's graphs are laid out. Throws std::invalid_argument
/// for an architecture of which misfit() has something to say.
NodeGraphs node_graphs(const GraphPool& pool, const NodeLayout& layout);

/// Why an architecture's graphs cannot be laid out so, in words that follow its
/// name: it has an operation that is none of the words, more nodes or other
/// graphs, or a size beyond the range. None where they can.
std::optional<std::string> misfit(
    const std::vector<CellGraph>& graphs,
    const NodeLayout& layout);

/// How many nodes and edges differ, place by place: in a space whose graphs
/// differ in their operations alone, how many edits lie between two of them.
int edit_distance(const NodeGraph& a, const NodeGraph& b);

/// A number that isomorphic graphs share and others hardly ever: hashes of
/// each node's word and degrees, mixed with those of its neighbours as often as
/// there are nodes (google-research/nasbench: graph_util.hash_module).
std::uint64_t isomorphism_hash(const NodeGraph& graph);

/// Says which decoded graphs are architectures.
class NodeGraphRules {
 public:
  /// `graphs` have to outlive the object.
  NodeGraphRules(const spaces::Space& space, const NodeGraphs& graphs);

  /// As arch2vec's code counts it for a space that it has: of cells with six
  /// edges, the first node is the input, the last one the output, and all but
  /// the second of the others are operations (utils.py, is_valid_nasbench201);
  /// of NAS-Bench-101, what the benchmark accepts. None for other spaces.
  std::optional<bool> valid_by_authors(const NodeGraph& graph) const;

  /// Whether the space has an architecture with this graph, edges included.
  /// None for spaces whose graphs are not all alike in their edges, but for
  /// NAS-Bench-101.
  std::optional<bool> valid(const NodeGraph& graph) const;

 private:
  bool is_operation(std::uint8_t word) const;
  bool is_nas_bench_101(const NodeGraph& graph) const;

  const NodeGraphs& graphs_;
  bool six_edges_;
  bool nas_bench_101_;
  /// Of graphs that are alike in their edges: whether a word occurs at a node,
  /// [graph of an architecture][node][word].
  std::vector<std::vector<std::vector<bool>>> occurs_;
};

}  // namespace zcp::encodings
