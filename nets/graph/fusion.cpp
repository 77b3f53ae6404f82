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
    if (!for_devices_) {
      while (const auto sum = sum_out_of_order()) dissolve(*sum);
    }
    for (int i = 0; i < count; ++i) give_copies(i);
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
    if (vectors_[at_index(i)]) return;
    for (const int term : inputs(i)) {
      if (normalises_maps(term) && read_only_by(term, i)) defer(term, i);
    }
    const auto terms = inputs(i);
    fusion_.sums[at_index(i)] = sum_of({terms.begin(), terms.end()});
  }

  static FusedSum sum_of(std::vector<int> terms) {
    FusedSum sum;
    sum.term_copies.assign(terms.size(), 0);
    sum.terms = std::move(terms);
    return sum;
  }

  void collect_relu(int i) {
    const int source = inputs(i)[0];
    auto& sum = fusion_.sums[at_index(source)];
    if (!read_only_by(source, i)) {
      if (sum) rectify_beside(i, *sum);
      return;
    }
    if (!sum && !normalises_maps(source)) return;
    FusedSum own = sum ? *std::exchange(sum, std::nullopt) : sum_of({source});
    own.relu = true;
    for (const int term : own.terms) {
      if (fusion_.deferred[at_index(term)]) defer(term, i);
    }
    defer(source, i);
    fusion_.sums[at_index(i)] = std::move(own);
  }

  /// Lets the sum make the value of ReLU i, which reads it beside others.
  void rectify_beside(int i, FusedSum& sum) {
    if (sum.relu || sum.rectified >= 0) return;
    sum.rectified = i;
    sum.rectified_copies = 1;
    fusion_.rectified[at_index(i)] = true;
  }

  /// Where the number of the copy is kept that `reader` takes of value i; null
  /// where it cannot say which it takes. Reads of one reader come in turn.
  int* copy_read_by(int reader, int i, int turn) {
    const int runs_at = runs_at_[at_index(reader)];
    if (auto& sum = fusion_.sums[at_index(runs_at)]) {
      const int term = node(reader).op == Op::batch_norm ? reader : i;
      for (std::size_t k = 0; k < sum->terms.size(); ++k) {
        if (sum->terms[k] == term && turn-- == 0) return &sum->term_copies[k];
      }
    }
    if (inputs(reader).size() > 1) return nullptr;
    return &fusion_.copy_of_input[at_index(reader)];
  }

  /// The copies of a value.
  struct Copies {
    int count = 0;
    int shared = -1;  ///< for readers that cannot say which they take
    int after = 0;    ///< how many stand before the ReLU `beside`
    bool in_order = true;
  };

  /// Gives each reader of value i but the ReLU `beside` a copy of its own.
  Copies number_copies(int i, int beside) {
    Copies copies;
    int last = -1;
    int turn = 0;
    for (const int reader : readers_[at_index(i)]) {
      turn = reader == last ? turn + 1 : 0;
      last = reader;
      if (reader == beside) {
        copies.after = copies.count;
      } else if (int* const taken = copy_read_by(reader, i, turn)) {
        *taken = copies.count++;
      } else if (copies.shared < 0) {
        copies.shared = copies.count++;
      } else {
        copies.in_order = false;
      }
    }
    if (i == graph_.output()) copies.in_order = false;
    return copies;
  }

  /// Lets all readers of value i take the first copy.
  void share(int i) {
    int last = -1;
    int turn = 0;
    for (const int reader : readers_[at_index(i)]) {
      turn = reader == last ? turn + 1 : 0;
      last = reader;
      if (int* const taken = copy_read_by(reader, i, turn)) *taken = 0;
    }
  }

  void give_copies(int i) {
    auto& sum = fusion_.sums[at_index(i)];
    if (!sum) return;
    const int relu = sum->rectified;
    const Copies own = number_copies(i, relu);
    const Copies rectified = relu < 0 ? Copies() : number_copies(relu, -1);
    if (!for_devices_ && !(own.in_order && rectified.in_order)) {
      share(i);
      if (relu < 0) return;
      share(relu);
      fusion_.rectified[at_index(relu)] = false;
      sum->rectified = -1;
      sum->rectified_copies = 0;
      return;
    }
    sum->copies = std::max(own.count, 1);
    sum->shared_copy = std::max(own.shared, 0);
    sum->rectified_after = own.after;
    if (relu < 0) return;
    sum->rectified_copies = std::max(rectified.count, 1);
    sum->rectified_shared = std::max(rectified.shared, 0);
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
    const int relu = fusion_.sums[at_index(sum)]->rectified;
    if (relu >= 0) fusion_.rectified[at_index(relu)] = false;
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
