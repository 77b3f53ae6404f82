#include "nets/graph/main_path.h"

#include <algorithm>
#include <set>

namespace zcp::graph {
namespace {

bool is_sum(const Node& node) {
  return node.op == Op::add && node.input_count > 1;
}

/// Whether a path leads through the node to what it reads first.
bool leads_on(Op op) {
  switch (op) {
    case Op::conv2d:
    case Op::batch_norm:
    case Op::relu:
    case Op::avg_pool:
    case Op::max_pool:
    case Op::global_avg_pool:
    case Op::linear:
    case Op::add:
    case Op::leaky_relu:
    case Op::tanh:
    case Op::sigmoid:
    case Op::multiply:
      return true;
    default:
      return false;
  }
}

PathLayer layer_at(const Graph& graph, const Node& node) {
  const Node& from = node_at(graph, graph.inputs(node)[0]);
  return {
      from.shape.channels / node.attributes.groups,
      node.attributes.window.kernel,
      node.shape};
}

/// Walks from the output to the input.
class PathFinder {
 public:
  explicit PathFinder(const Graph& graph)
      : graph_(graph), ends_(graph.blocks().begin(), graph.blocks().end()) {}

  std::optional<std::vector<PathUnit>> path() {
    int at = graph_.output();
    while (node_at(graph_, at).op != Op::input) {
      if (ends_.contains(at)) new_unit_ = true;
      const auto next = is_sum(node_at(graph_, at)) ? behind_sum(at) : step(at);
      if (!next) return std::nullopt;
      at = *next;
    }
    if (units_.empty()) return std::nullopt;
    // Everything was met from its end.
    for (PathUnit& unit : units_) std::ranges::reverse(unit.layers);
    std::ranges::reverse(units_);
    return units_;
  }

 private:
  /// A node that reads one value: adds it where it is a convolution. None where
  /// no path leads through.
  std::optional<int> step(int at) {
    const Node& node = node_at(graph_, at);
    if (!leads_on(node.op) || node.input_count == 0) return std::nullopt;
    // A linear layer is a classifier, or there are layers behind it.
    if (node.op == Op::linear && !units_.empty()) return std::nullopt;
    if (node.op == Op::conv2d) {
      add(node);
      if (ends_.empty()) new_unit_ = true;
    }
    return graph_.inputs(node)[0];
  }

  /// A sum: adds the branch. The value that branch and shortcut both read.
  std::optional<int> behind_sum(int at) {
    const auto terms = graph_.inputs(node_at(graph_, at));
    if (terms.size() != 2) return std::nullopt;
    const std::vector<int> one = chain_from(terms[0]);
    const std::vector<int> two = chain_from(terms[1]);
    const auto fork = std::ranges::find_first_of(one, two);
    if (fork == one.end()) return std::nullopt;
    std::vector<const Node*> shortcut = convolutions(one, *fork);
    std::vector<const Node*> branch = convolutions(two, *fork);
    if (shortcut.size() > branch.size()) std::swap(shortcut, branch);
    if (shortcut.size() > 1 || shortcut.size() == branch.size()) {
      return std::nullopt;
    }
    if (ends_.empty()) new_unit_ = true;
    for (const Node* node : branch) add(*node);
    if (ends_.empty()) new_unit_ = true;
    return *fork;
  }

  /// From a term of a sum back, up to and with the next sum or the input.
  std::vector<int> chain_from(int start) const {
    std::vector<int> chain{start};
    while (true) {
      const Node& node = node_at(graph_, chain.back());
      if (!leads_on(node.op) || node.input_count == 0 || is_sum(node) ||
          node.op == Op::linear) {
        return chain;
      }
      chain.push_back(graph_.inputs(node)[0]);
    }
  }

  /// The convolutions of a chain in front of `end`, the last first.
  std::vector<const Node*> convolutions(const std::vector<int>& chain, int end)
      const {
    std::vector<const Node*> found;
    for (const int index : chain) {
      if (index == end) break;
      const Node& node = node_at(graph_, index);
      if (node.op == Op::conv2d) found.push_back(&node);
    }
    return found;
  }

  void add(const Node& convolution) {
    if (new_unit_ || units_.empty()) units_.emplace_back();
    new_unit_ = false;
    units_.back().layers.push_back(layer_at(graph_, convolution));
  }

  const Graph& graph_;
  std::set<int> ends_;
  std::vector<PathUnit> units_;  // the last first, and their layers too
  bool new_unit_ = true;
};

}  // namespace

std::optional<std::vector<PathUnit>> main_path(const Graph& graph) {
  return PathFinder(graph).path();
}

std::vector<std::vector<PathUnit>> stages_of(
    const std::vector<PathUnit>& path) {
  std::vector<std::vector<PathUnit>> stages;
  for (const PathUnit& unit : path) {
    const Shape out = unit.output();
    const bool same = !stages.empty() &&
                      stages.back().back().output().height == out.height &&
                      stages.back().back().output().width == out.width;
    if (!same) stages.emplace_back();
    stages.back().push_back(unit);
  }
  return stages;
}

}  // namespace zcp::graph
