#include "nets/graph/fusion.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace zcp::graph {
namespace {

/// By node: whether its value is a vector of numbers, not a map.
std::vector<bool> find_vectors(const Graph& graph) {
  std::vector<bool> vectors(graph.nodes().size(), false);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    const Node& node = graph.nodes()[i];
    switch (node.op) {
      case Op::linear:
      case Op::global_avg_pool:
        vectors[i] = true;
        break;
      case Op::input:
      case Op::zero:
      case Op::conv2d:
      case Op::conv_transpose2d:
        break;
      default:
        vectors[i] = vectors[at_index(graph.inputs(node)[0])];
    }
  }
  return vectors;
}

/// Finds the fused sums of one graph.
class Fuser {
 public:
  Fuser(const Graph& graph, bool for_devices)
      : graph_(graph),
        for_devices_(for_devices),
        vectors_(find_vectors(graph)),
        readers_(graph.nodes().size()) {
    const std::size_t count = graph.nodes().size();
    for (int i = 0; i < static_cast<int>(count); ++i) {
      for (const int input : inputs(i)) readers_[at_index(input)].push_back(i);
    }
    fusion_.sums.resize(count);
    fusion_.deferred.assign(count, false);
    fusion_.copy_of_input.assign(count, 0);
    fusion_.rectified.assign(count, false);
    runs_at_.resize(count);
    std::iota(runs_at_.begin(), runs_at_.end(), 0);
  }

  Fusion run() && {
    const int count = static_cast<int>(readers_.size());
    for (int i = 0; i < count; ++i) collect(i);
    if (for_devices_) {
      for (int i = 0; i < count; ++i) give_copies_on_devices(i);
    } else {
      while (const auto sum = sum_out_of_order()) dissolve(*sum);
    }
    std::vector<std::vector<int>> read(readers_.size());
    for (int i = 0; i < count; ++i) read[at_index(i)] = read_by(i);
    fusion_.done_after = done_after_each(
        graph_, [&](int i) { return std::span<const int>(read[at_index(i)]); });
    return std::move(fusion_);
  }

 private:
  const Node& node(int i) const { return graph_.nodes()[at_index(i)]; }
  std::span<const int> inputs(int i) const { return graph_.inputs(node(i)); }

  bool read_only_by(int i, int reader) const {
    return i != graph_.output() && readers_[at_index(i)].size() == 1 &&
           readers_[at_index(i)][0] == reader;
  }

  bool normalises_maps(int i) const {
    return node(i).op == Op::batch_norm && !vectors_[at_index(i)];
  }

  void collect(int i) {
    if (node(i).op == Op::add) collect_sum(i);
    if (node(i).op == Op::relu) collect_relu(i);
  }

  void defer(int i, int until) {
    fusion_.deferred[at_index(i)] = true;
    runs_at_[at_index(i)] = until;
  }

  void collect_sum(int i) {
    bool any = false;
    for (const int term : inputs(i)) {
      if (!normalises_maps(term) || !read_only_by(term, i)) continue;
      defer(term, i);
      any = true;
    }
    if (!any && (!for_devices_ || vectors_[at_index(i)])) return;
    const auto terms = inputs(i);
    fusion_.sums[at_index(i)] = FusedSum{{terms.begin(), terms.end()}};
  }

  void collect_relu(int i) {
    const int source = inputs(i)[0];
    auto& sum = fusion_.sums[at_index(source)];
    if (!read_only_by(source, i)) {
      if (for_devices_ && sum) rectify_beside(i, *sum);
      return;
    }
    if (!sum && !normalises_maps(source)) return;
    FusedSum own = sum ? *std::exchange(sum, std::nullopt) : FusedSum{{source}};
    own.relu = true;
    for (const int term : own.terms) {
      if (fusion_.deferred[at_index(term)]) defer(term, i);
    }
    defer(source, i);
    if (!for_devices_) give_copies(i, own);
    fusion_.sums[at_index(i)] = std::move(own);
  }

  /// Lets the sum make the value of ReLU i, which reads it beside others.
  void rectify_beside(int i, FusedSum& sum) {
    if (sum.relu || sum.rectified >= 0) return;
    sum.rectified = i;
    sum.rectified_copies = 1;
    fusion_.rectified[at_index(i)] = true;
  }

  /// Gives each reader of node i that reads nothing else a copy of its own.
  /// Returns how many copies there are, at least one.
  int copies_for_readers(int i) {
    const auto& readers = readers_[at_index(i)];
    const auto has_own = [&](int reader) {
      return inputs(reader).size() == 1 &&
             !fusion_.deferred[at_index(reader)] &&
             !fusion_.rectified[at_index(reader)];
    };
    const bool shared =
        i == graph_.output() || !std::ranges::all_of(readers, [&](int reader) {
          return has_own(reader) || fusion_.rectified[at_index(reader)];
        });
    int copies = shared ? 1 : 0;
    for (const int reader : readers) {
      if (has_own(reader)) {
        fusion_.copy_of_input[at_index(reader)] = copies++;
      }
    }
    return std::max(copies, 1);
  }

  void give_copies_on_devices(int i) {
    auto& sum = fusion_.sums[at_index(i)];
    if (!sum) return;
    sum->copies = copies_for_readers(i);
    if (sum->rectified >= 0) {
      sum->rectified_copies = copies_for_readers(sum->rectified);
    }
  }

  /// Gives each reader of node i a copy of its own, where all of them are
  /// convolutions.
  void give_copies(int i, FusedSum& sum) {
    const auto& readers = readers_[at_index(i)];
    const bool convolutions = std::ranges::all_of(
        readers, [&](int reader) { return node(reader).op == Op::conv2d; });
    if (!convolutions || i == graph_.output() || readers.empty()) return;
    sum.copies = 0;
    for (const int reader : readers) {
      fusion_.copy_of_input[at_index(reader)] = sum.copies++;
    }
  }

  /// Gradients at a value are summed in the reverse of the order in which its
  /// readers ran. From three readers on that order shows in the last bit, so a
  /// fused sum must not change it. Returns one that does.
  std::optional<int> sum_out_of_order() const {
    for (const auto& readers : readers_) {
      if (readers.size() < 3) continue;
      for (std::size_t k = 1; k < readers.size(); ++k) {
        const int before = runs_at_[at_index(readers[k - 1])];
        if (before >= runs_at_[at_index(readers[k])] &&
            before != readers[k - 1]) {
          return before;
        }
      }
    }
    return std::nullopt;
  }

  /// Lets the nodes of a fused sum run one by one, each in its turn.
  void dissolve(int sum) {
    fusion_.sums[at_index(sum)].reset();
    for (std::size_t i = 0; i < runs_at_.size(); ++i) {
      if (runs_at_[i] != sum) continue;
      runs_at_[i] = static_cast<int>(i);
      fusion_.deferred[i] = false;
    }
  }

  /// The nodes whose values are read when node i runs.
  std::vector<int> read_by(int i) const {
    if (fusion_.deferred[at_index(i)]) return {};
    if (fusion_.rectified[at_index(i)]) return {};
    const auto& sum = fusion_.sums[at_index(i)];
    if (!sum) return {inputs(i).begin(), inputs(i).end()};
    std::vector<int> read;
    for (const int term : sum->terms) {
      read.push_back(fusion_.deferred[at_index(term)] ? inputs(term)[0] : term);
    }
    return read;
  }

  const Graph& graph_;
  bool for_devices_;
  std::vector<bool> vectors_;
  std::vector<std::vector<int>> readers_;  // by node, in order
  std::vector<int> runs_at_;               // by node: the node it runs with
  Fusion fusion_;
};

}  // namespace

Fusion fuse(const Graph& graph) {
  return Fuser(graph, false).run();
}

Fusion fuse_for_devices(const Graph& graph) {
  return Fuser(graph, true).run();
}

std::vector<std::vector<int>> done_after_each(
    const Graph& graph,
    const std::function<std::span<const int>(int node)>& read_by) {
  std::vector<std::vector<int>> done(graph.nodes().size());
  std::vector<bool> read_later(done.size(), false);
  read_later[at_index(graph.output())] = true;
  for (std::size_t i = done.size(); i-- > 0;) {
    for (const int value : read_by(static_cast<int>(i))) {
      if (read_later[at_index(value)]) continue;
      read_later[at_index(value)] = true;
      done[i].push_back(value);
    }
  }
  return done;
}

}  // namespace zcp::graph
