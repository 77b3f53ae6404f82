#include "nets/graph/canonical.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "common/hash.h"

namespace zcp::graph {
namespace {

std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

std::uint64_t own_hash(const Node& node) {
  const Attributes& a = node.attributes;
  const std::array<std::int32_t, 13> words{
      static_cast<std::int32_t>(node.op),
      a.out_channels,
      a.window.kernel,
      a.window.stride,
      a.window.padding,
      a.window.dilation,
      a.groups,
      a.bias ? 1 : 0,
      a.affine ? 1 : 0,
      node.shape.channels,
      node.shape.height,
      node.shape.width,
      node.uses};
  const std::uint64_t hash =
      hash64({reinterpret_cast<const char*>(words.data()), sizeof words});
  // Most nodes have none of these; identities that were published without them
  // stay as they are.
  const Attributes plain;
  if (a.epsilon == plain.epsilon && a.output_padding == 0 && a.offset == 0) {
    return hash;
  }
  return hash_combine(
      hash_combine(hash, std::bit_cast<std::uint64_t>(a.epsilon)),
      hash_combine(
          static_cast<std::uint64_t>(a.output_padding),
          static_cast<std::uint64_t>(a.offset)));
}

bool commutative(Op op) {
  return op == Op::add;
}

bool has_weights(Op op) {
  return op == Op::conv2d || op == Op::linear || op == Op::batch_norm ||
         op == Op::conv_transpose2d || op == Op::layer_norm ||
         op == Op::embedding;
}

/// A map from hashes to numbers, 0 at first, in one array: with a map of the
/// standard library it would take longer than all the rest of a canonical form.
class HashedNumbers {
 public:
  /// Holds at most `most` different hashes.
  explicit HashedNumbers(std::size_t most)
      : slots_(std::bit_ceil(2 * most + 1)) {}

  std::uint64_t& operator[](std::uint64_t hash) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = hash & mask;
    while (slots_[i].used && slots_[i].hash != hash) i = (i + 1) & mask;
    slots_[i].used = true;
    slots_[i].hash = hash;
    return slots_[i].number;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t number = 0;
    bool used = false;
  };
  std::vector<Slot> slots_;
};

/// The declared graph reduced to the nodes that run, equal ones merged.
class Reducer {
 public:
  explicit Reducer(const CanonicalInput& declared)
      : declared_(declared), seen_(declared.nodes.size()) {
    reduced_.nodes.reserve(declared.nodes.size());
    reduced_.edges.reserve(declared.edges.size());
    live_.reserve(declared.nodes.size());
  }

  CanonicalInput reduce() {
    mark_live();
    renumbered_.assign(declared_.nodes.size(), -1);
    for (std::size_t i = 0; i < declared_.nodes.size(); ++i) {
      if (live_[i] != 0) renumbered_[i] = keep(declared_.nodes[i]);
    }
    for (const int block : declared_.blocks) {
      // A block that nothing reads lies before a block of zeros.
      if (live_[at(block)] != 0) {
        reduced_.blocks.push_back(renumbered_[at(block)]);
      } else {
        reduced_.blocks.push_back(-1);
      }
    }
    reduced_.output = renumbered_[at(declared_.output)];
    return std::move(reduced_);
  }

 private:
  void mark_live() {
    const bool all = declared_.folding == Folding::as_declared;
    for (const Node& node : declared_.nodes) {
      live_.push_back(all && node.op != Op::zero ? 1 : 0);
    }
    live_[0] = 1;
    live_[at(declared_.output)] = 1;
    for (std::size_t i = declared_.nodes.size(); i-- > 0;) {
      if (live_[i] == 0) continue;
      const Node& node = declared_.nodes[i];
      for (int k = 0; k < node.input_count; ++k) {
        live_[at(declared_.edges[at(node.first_input + k)])] = 1;
      }
    }
  }

  int keep(Node node) {
    auto& edges = reduced_.edges;
    const std::size_t first = edges.size();
    for (int k = 0; k < node.input_count; ++k) {
      edges.push_back(
          renumbered_[at(declared_.edges[at(node.first_input + k)])]);
    }
    const auto inputs = std::span(edges).subspan(first);
    if (commutative(node.op)) std::sort(inputs.begin(), inputs.end());
    const int number = static_cast<int>(reduced_.nodes.size());
    if (!has_weights(node.op)) {
      // One more than the number of the first node like this one.
      std::uint64_t& same = seen_[key_of(node, inputs)];
      if (same != 0) {
        const int earlier = static_cast<int>(same) - 1;
        merge(node, reduced_.nodes[at(earlier)]);
        edges.resize(first);
        return earlier;
      }
      same = static_cast<std::uint64_t>(number) + 1;
    }
    node.first_input = static_cast<int>(first);
    reduced_.nodes.push_back(node);
    return number;
  }

  static std::uint64_t key_of(const Node& node, std::span<const int> inputs) {
    std::uint64_t key = hash_combine(own_hash(node), inputs.size());
    for (const int input : inputs) {
      key = hash_combine(key, static_cast<std::uint64_t>(input));
    }
    return key;
  }

  void merge(const Node& node, Node& into) const {
    if (node.op == Op::relu) into.uses += node.uses;
    into.merged += node.merged;
    if (declared_.folding == Folding::as_declared) into.calls += node.calls;
  }

  const CanonicalInput& declared_;
  std::vector<char> live_;
  std::vector<int> renumbered_;
  HashedNumbers seen_;
  CanonicalInput reduced_;
};

/// Identities and the canonical order of a reduced graph.
class Orderer {
 public:
  explicit Orderer(CanonicalInput graph) : graph_(std::move(graph)) {}

  CanonicalForm order() {
    hash_forward();
    hash_backward();
    identify();
    return sorted();
  }

 private:
  std::span<const int> inputs(const Node& node) const {
    return std::span(graph_.edges)
        .subspan(at(node.first_input), at(node.input_count));
  }

  /// Hash of a node given a hash of each node; a sum's terms commute.
  std::uint64_t combine(
      const Node& node,
      std::uint64_t start,
      const std::vector<std::uint64_t>& of) {
    parts_.clear();
    for (const int input : inputs(node)) parts_.push_back(of[at(input)]);
    if (commutative(node.op)) std::sort(parts_.begin(), parts_.end());
    return std::accumulate(parts_.begin(), parts_.end(), start, hash_combine);
  }

  void hash_forward() {
    own_.reserve(graph_.nodes.size());
    forward_.resize(graph_.nodes.size());
    depth_.assign(graph_.nodes.size(), 0);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      own_.push_back(own_hash(node));
      forward_[i] = combine(node, own_[i], forward_);
      if (node.op != Op::input) depth_[i] = 1;  // a zero comes after the input
      for (const int input : inputs(node)) {
        depth_[i] = std::max(depth_[i], depth_[at(input)] + 1);
      }
    }
  }

  /// How a node is read: the multiset of its readers with their own readers.
  void hash_backward() {
    backward_.assign(graph_.nodes.size(), 0);
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      const Node& node = graph_.nodes[i];
      const std::uint64_t reader = hash_combine(forward_[i], backward_[i]);
      std::uint64_t slot = 0;
      for (const int input : inputs(node)) {
        if (!commutative(node.op)) ++slot;
        backward_[at(input)] += hash_combine(reader, slot);
      }
    }
  }

  void identify() {
    identity_.resize(graph_.nodes.size());
    HashedNumbers occurrences(graph_.nodes.size());
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      const std::uint64_t colour =
          hash_combine(combine(node, own_[i], identity_), backward_[i]);
      identity_[i] = hash_combine(colour, occurrences[colour]++);
    }
  }

  CanonicalForm sorted() const {
    struct Key {
      int depth;
      std::uint64_t identity;
      int node;
    };
    std::vector<Key> order;
    order.reserve(graph_.nodes.size());
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      order.push_back({depth_[i], identity_[i], static_cast<int>(i)});
    }
    std::sort(order.begin(), order.end(), [](const Key& a, const Key& b) {
      return std::pair(a.depth, a.identity) < std::pair(b.depth, b.identity);
    });
    std::vector<int> position(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      position[at(order[i].node)] = static_cast<int>(i);
    }
    CanonicalForm form;
    form.nodes.reserve(order.size());
    form.edges.reserve(graph_.edges.size());
    for (const Key& key : order) append(form, key.node, position);
    for (const int block : graph_.blocks) {
      form.blocks.push_back(block < 0 ? -1 : position[at(block)]);
    }
    form.output = position[at(graph_.output)];
    for (const Node& node : form.nodes) {
      form.hash = hash_combine(form.hash, node.identity);
      form.module_hash = hash_combine(
          form.module_hash,
          hash_combine(node.identity, static_cast<std::uint64_t>(node.calls)));
    }
    return form;
  }

  void append(CanonicalForm& form, int old, const std::vector<int>& position)
      const {
    Node node = graph_.nodes[at(old)];
    const std::size_t first = form.edges.size();
    for (const int input : inputs(node)) {
      form.edges.push_back(position[at(input)]);
    }
    if (commutative(node.op)) {
      const auto read = std::span(form.edges).subspan(first);
      std::sort(read.begin(), read.end(), [&](int a, int b) {
        return form.nodes[at(a)].identity < form.nodes[at(b)].identity;
      });
    }
    node.identity = identity_[at(old)];
    node.first_input = static_cast<int>(first);
    form.nodes.push_back(node);
  }

  CanonicalInput graph_;
  std::vector<std::uint64_t> own_;
  std::vector<std::uint64_t> forward_;
  std::vector<std::uint64_t> backward_;
  std::vector<std::uint64_t> identity_;
  std::vector<int> depth_;
  std::vector<std::uint64_t> parts_;  // of the hash at work
};

}  // namespace

CanonicalForm canonical_form(const CanonicalInput& declared) {
  return Orderer(Reducer(declared).reduce()).order();
}

}  // namespace zcp::graph
