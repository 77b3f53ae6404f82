// An architecture as layers and edges, without tensors.
//
// Shapes, #params and MACs are counted while the graph is declared, as its
// benchmark counts them: layers whose output nothing reads count too. What
// remains for a network to run is the canonical form: zeros folded, unread
// layers dropped, equal parameter-free layers merged, sums flattened within a
// block and everything in an order that depends on structure alone. So
// functionally equal architectures have one canonical form and one hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/shape.h"
#include "common/window.h"
#include "nets/graph/program.h"

namespace zcp::graph {

/// A node's number as an index into containers that hold one entry a node.
inline std::size_t at_index(int node) {
  return static_cast<std::size_t>(node);
}

enum class Op : std::uint8_t {
  input,
  zero,  ///< a constant 0 of the node's shape
  conv2d,
  batch_norm,
  relu,
  avg_pool,  ///< padding not counted, as count_include_pad=False
  max_pool,
  global_avg_pool,
  linear,
  add,
  concat,
  slice,  ///< channels offset, offset + 1, ... of the input
  shift,  ///< one pixel up and left; zeros come in
  conv_transpose2d,
  leaky_relu,  ///< slope 0.2
  tanh,
  sigmoid,
  multiply,  ///< a map by a vector, a number a channel
  // Of transformers. Values are {features, tokens, 1}; a linear layer is at
  // every token.
  layer_norm,
  gelu,
  attention,  ///< of queries, keys and values; `groups` heads
  embedding,  ///< a table of parameters looked up, added or put in front
  token_mix,  ///< a mix of tokens without weights: a transform, a window
  rearrange,  ///< a map as tokens, tokens as a map, some of them
};

std::string_view op_name(Op op);

/// Attributes of convolutions, pools and linear layers; of the others only
/// `affine` and `epsilon` (batch_norm) and `offset` (slice) mean something.
struct Attributes {
  int out_channels = 0;
  Window window;  ///< square; of convolutions and pools
  int groups = 1;
  bool bias = false;
  bool affine = true;
  double epsilon = 1e-5;
  int output_padding = 0;  ///< of a transposed convolution
  int offset = 0;

  bool operator==(const Attributes&) const = default;
};

/// A layer as declared, run or not: what size proxies and `describe` count.
struct Layer {
  /// conv2d, conv_transpose2d, linear, batch_norm, or of a transformer
  Op op;
  Attributes attributes;
  Shape input;
  Shape output;
  std::int64_t params;
  /// Multiply-accumulates for one sample. The addition of a bias counts as one,
  /// as AutoDL counts, unless the builder was told to leave these out.
  std::int64_t macs;
};

/// A node of the canonical form.
struct Node {
  Op op;
  Attributes attributes;
  Shape shape;  ///< of its output
  /// A hash of structure alone: equal in every architecture in which this node
  /// computes the same function and is used in the same way. Weights are seeded
  /// by it.
  std::uint64_t identity = 0;
  int layer =
      -1;  ///< index into Graph::layers(), -1 for a node without weights
  /// ReLU: how many modules with "ReLU" in their class name the benchmark's own
  /// network has in this node's place: what NASWOT's authors' code counts.
  int uses = 1;
  /// How many modules of the benchmark's own network, containers included,
  /// return this node's output. Kept in as-declared graphs only.
  int calls = 1;
  /// How many equal nodes of the declared graph this one stands for.
  int merged = 1;
  int first_input = 0;
  int input_count = 0;
};

class Graph {
 public:
  /// Nodes in a canonical topological order; the first is the input.
  std::span<const Node> nodes() const { return nodes_; }

  /// Indices of the nodes that `node` reads; sums in canonical order.
  std::span<const int> inputs(const Node& node) const {
    return std::span(edges_).subspan(
        static_cast<std::size_t>(node.first_input),
        static_cast<std::size_t>(node.input_count));
  }

  int output() const { return output_; }

  /// Output nodes of the macro blocks (stem, cells, reductions) in the order
  /// declared: -1 where a block's output is never run, the same node twice
  /// where a block is an identity.
  std::span<const int> blocks() const {
    return std::span(blocks_).first(block_count_);
  }

  /// The same for each repetition of those blocks, one after another.
  std::span<const int> repeated_blocks() const {
    return std::span(blocks_).subspan(block_count_);
  }

  /// Every layer with weights and every BatchNorm, in the order declared.
  std::span<const Layer> layers() const { return layers_; }

  Shape input_shape() const { return nodes_[0].shape; }
  Shape output_shape() const {
    return nodes_[static_cast<std::size_t>(output_)].shape;
  }

  std::int64_t params() const { return params_; }
  std::int64_t macs() const { return macs_; }

  /// Why no network of this graph can be run, so that only what is counted has
  /// scores; empty where one can.
  const std::string& cannot_run() const { return cannot_run_; }

  /// What runs a network that has layers of transformers; null for all others,
  /// whose nodes are run, and for graphs that are counted alone.
  const std::shared_ptr<const Program>& program() const { return program_; }

  /// Hash of the canonical form, layers that are never run left out.
  std::uint64_t hash() const { return hash_; }

  /// The same with each node's module calls and with what is counted: equal
  /// only for architectures that no proxy can tell apart.
  std::uint64_t declared_hash() const { return declared_hash_; }

 private:
  friend class GraphBuilder;

  std::vector<Node> nodes_;
  std::vector<int> edges_;
  std::vector<int> blocks_;
  std::size_t block_count_ = 0;
  std::vector<Layer> layers_;
  std::int64_t params_ = 0;
  std::int64_t macs_ = 0;
  std::string cannot_run_;
  std::shared_ptr<const Program> program_;
  std::uint64_t hash_ = 0;
  std::uint64_t declared_hash_ = 0;
  int output_ = 0;
};

inline const Node& node_at(const Graph& graph, int index) {
  return graph.nodes()[at_index(index)];
}

/// Which part of a declared graph a network runs.
enum class Folding {
  /// The function alone: zeros folded, unread layers dropped.
  functional,
  /// Everything the benchmark's own code runs, for the proxies that look at
  /// layers whose output nothing reads.
  as_declared,
  /// Nothing: only layers, #params and MACs are kept. Such a graph has no nodes
  /// but input and output, no blocks and no hash, and is quick to make.
  counted,
};

/// Declares a graph layer by layer. Values are handles of this builder.
/// Throws std::invalid_argument when shapes do not fit.
class GraphBuilder {
 public:
  using Value = int;

  explicit GraphBuilder(Shape input, Folding folding = Folding::functional);

  Value input() const { return 0; }
  Value zero(Shape shape);
  Value conv2d(Value x, const Attributes& attributes);
  Value batch_norm(Value x, bool affine = true, double epsilon = 1e-5);
  /// `named_modules`: modules with "ReLU" in their class name that read `x`
  /// here, such as a ReLU and the ReLUConvBN around it.
  Value relu(Value x, int named_modules = 1);
  Value avg_pool(Value x, int kernel, int stride, int padding);
  Value max_pool(Value x, int kernel, int stride, int padding);
  Value global_avg_pool(Value x);
  Value linear(Value x, int out_features);
  /// Zero terms vanish; a sum of one term is that term.
  Value add(std::span<const Value> terms);
  Value concat(std::span<const Value> parts);
  Value slice(Value x, int offset, int channels);
  Value shift(Value x);
  Value conv_transpose2d(Value x, const Attributes& attributes);
  Value leaky_relu(Value x);
  Value tanh(Value x);
  Value sigmoid(Value x);
  /// `gate` is a vector: a factor for each of the channels of `x`.
  Value multiply(Value x, Value gate);
  /// A linear layer at every pixel; the network's last one.
  Value pixel_linear(Value x, int out_features);

  /// A layer that is counted and takes part in the hash, but that is run by a
  /// program and not as a node: of what it computes, operation, attributes and
  /// shapes are all that the graph knows. It is listed where it has parameters
  /// or MACs.
  Value counted_layer(
      Op op,
      const Attributes& attributes,
      std::span<const Value> inputs,
      Shape out,
      std::int64_t params,
      std::int64_t macs);

  /// Says Graph::cannot_run(). A graph with a counted layer has to have a
  /// reason or a program.
  void leave_unrun(std::string reason) {
    graph_.cannot_run_ = std::move(reason);
  }

  /// Says what runs the network: the program that `make` writes, which is not
  /// called for a graph that is counted alone.
  template <typename Make>
  void run_by(Make make) {
    has_program_ = true;
    if (folding_ == Folding::counted) return;
    graph_.program_ = std::make_shared<const Program>(make());
  }

  /// From here on the addition of a bias is no MAC, as thop counts.
  void leave_out_bias_macs() { bias_macs_ = false; }

  /// `x` is a macro block's output; sums are not flattened across it.
  void end_block(Value x);

  /// Layers declared until end_repetition() are those declared from layer
  /// `first` on, in that order: the same weights on another input. Blocks that
  /// end meanwhile are repetitions of the first ones.
  void begin_repetition(std::size_t first) { repeated_ = first; }
  void end_repetition() { repeated_.reset(); }
  std::size_t layer_count() const { return graph_.layers_.size(); }

  /// `count` more modules return `x` (a wrapper, an identity).
  void add_calls(Value x, int count) { nodes_[index(x)].calls += count; }

  Shape shape(Value x) const { return nodes_[index(x)].shape; }

  Graph finish(Value output) &&;

 private:
  struct Draft {
    Op op;
    Attributes attributes;
    Shape shape;
    int layer = -1;
    int first_input = 0;
    int input_count = 0;
    bool block_end = false;
    int uses = 1;
    int calls = 1;
  };

  static std::size_t index(Value x) { return static_cast<std::size_t>(x); }
  Value append(
      Op op,
      const Attributes& attributes,
      Shape shape,
      std::span<const Value> inputs,
      int layer = -1);
  int declare(
      Op op,
      const Attributes& attributes,
      Shape input,
      Shape output,
      std::int64_t params,
      std::int64_t macs);
  /// Whether the value is a zero that is folded into what reads it.
  bool folds(Value x) const {
    return folding_ == Folding::functional && nodes_[index(x)].op == Op::zero;
  }
  Value pool(Op op, Value x, const Window& window);
  /// A parameter-free node of the shape of `x` that maps zeros to zeros.
  Value elementwise(Op op, Value x);
  Value dense(Value x, int out_features, Shape out);
  std::span<const Value> inputs(const Draft& node) const;

  Folding folding_;
  bool bias_macs_ = true;
  bool has_program_ = false;
  std::vector<Draft> nodes_;
  std::vector<Value> edges_;
  std::vector<Value> blocks_;
  std::vector<Value> repeated_blocks_;
  std::optional<std::size_t> repeated_;  // the layer that comes again next
  Graph graph_;
};

}  // namespace zcp::graph
