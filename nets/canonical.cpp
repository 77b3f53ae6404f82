#include "nets/canonical.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "common/hash.h"

namespace zcp::nets {
namespace {

std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

std::uint64_t own_hash(const Node& node) {
  const Attributes& a = node.attributes;
  const std::array<std::int32_t, 13> words{
      static_cast<std::int32_t>(node.op),
      a.out_channels,
      a.kernel,
      a.stride,
      a.padding,
      a.dilation,
      a.groups,
      a.bias ? 1 : 0,
      a.affine ? 1 : 0,
      node.shape.channels,
      node.shape.height,
      node.shape.width,
      node.uses};
  const std::uint64_t hash =
      hash64({reinterpret_cast<const char*>(words.data()), sizeof words});
  // Most nodes have none of these: their identity is what it always was.
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
         op == Op::conv_transpose2d;
}

/// The declared graph reduced to the nodes that run, equal ones merged.
class Reducer {
 public:
  explicit Reducer(const CanonicalInput& declared) : declared_(declared) {}

  CanonicalInput reduce() {
    mark_live();
    renumbered_.assign(declared_.nodes.size(), -1);
    for (std::size_t i = 0; i < declared_.nodes.size(); ++i) {
      if (live_[i]) renumbered_[i] = keep(declared_.nodes[i]);
    }
    for (const int block : declared_.blocks) {
      // A block that nothing reads lies before a block of zeros.
      if (live_[at(block)]) {
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
      live_.push_back(all && node.op != Op::zero);
    }
    live_[0] = true;
    live_[at(declared_.output)] = true;
    for (std::size_t i = declared_.nodes.size(); i-- > 0;) {
      if (!live_[i]) continue;
      const Node& node = declared_.nodes[i];
      for (int k = 0; k < node.input_count; ++k) {
        live_[at(declared_.edges[at(node.first_input + k)])] = true;
      }
    }
  }

  int keep(Node node) {
    std::vector<int> inputs;
    for (int k = 0; k < node.input_count; ++k) {
      inputs.push_back(
          renumbered_[at(declared_.edges[at(node.first_input + k)])]);
    }
    if (commutative(node.op)) std::sort(inputs.begin(), inputs.end());
    std::uint64_t key = hash_combine(own_hash(node), inputs.size());
    for (const int input : inputs) {
      key = hash_combine(key, static_cast<std::uint64_t>(input));
    }
    if (!has_weights(node.op)) {
      const auto found = seen_.find(key);
      if (found != seen_.end()) {
        Node& merged = reduced_.nodes[at(found->second)];
        if (node.op == Op::relu) merged.uses += node.uses;
        merged.merged += node.merged;
        if (declared_.folding == Folding::as_declared) {
          merged.calls += node.calls;
        }
        return found->second;
      }
    }
    const int number = static_cast<int>(reduced_.nodes.size());
    if (!has_weights(node.op)) seen_.emplace(key, number);
    node.first_input = static_cast<int>(reduced_.edges.size());
    reduced_.edges.insert(reduced_.edges.end(), inputs.begin(), inputs.end());
    reduced_.nodes.push_back(node);
    return number;
  }

  const CanonicalInput& declared_;
  std::vector<bool> live_;
  std::vector<int> renumbered_;
  std::unordered_map<std::uint64_t, int> seen_;
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
      const std::vector<std::uint64_t>& of) const {
    std::vector<std::uint64_t> parts;
    for (const int input : inputs(node)) parts.push_back(of[at(input)]);
    if (commutative(node.op)) std::sort(parts.begin(), parts.end());
    return std::accumulate(parts.begin(), parts.end(), start, hash_combine);
  }

  void hash_forward() {
    forward_.resize(graph_.nodes.size());
    depth_.assign(graph_.nodes.size(), 0);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      forward_[i] = combine(node, own_hash(node), forward_);
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
    std::unordered_map<std::uint64_t, std::uint64_t> occurrences;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      const std::uint64_t colour =
          hash_combine(combine(node, own_hash(node), identity_), backward_[i]);
      identity_[i] = hash_combine(colour, occurrences[colour]++);
    }
  }

  CanonicalForm sorted() {
    std::vector<int> order(graph_.nodes.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int a, int b) {
      return std::pair(depth_[at(a)], identity_[at(a)]) <
             std::pair(depth_[at(b)], identity_[at(b)]);
    });
    std::vector<int> position(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      position[at(order[i])] = static_cast<int>(i);
    }
    CanonicalForm form;
    for (const int old : order) append(form, old, position);
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
    std::vector<int> read;
    for (const int input : inputs(node)) read.push_back(position[at(input)]);
    if (commutative(node.op)) {
      std::sort(read.begin(), read.end(), [&](int a, int b) {
        return form.nodes[at(a)].identity < form.nodes[at(b)].identity;
      });
    }
    node.identity = identity_[at(old)];
    node.first_input = static_cast<int>(form.edges.size());
    form.edges.insert(form.edges.end(), read.begin(), read.end());
    form.nodes.push_back(node);
  }

  CanonicalInput graph_;
  std::vector<std::uint64_t> forward_;
  std::vector<std::uint64_t> backward_;
  std::vector<std::uint64_t> identity_;
  std::vector<int> depth_;
};

}  // namespace

CanonicalForm canonical_form(const CanonicalInput& declared) {
  return Orderer(Reducer(declared).reduce()).order();
}

}  // namespace zcp::nets
