// Which nodes of a graph run together: BatchNorms, the sum that is their only
// reader, and the ReLU that is the sum's only reader. The values in between are
// then never written to memory.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "nets/graph/graph.h"

namespace zcp::graph {

/// Nodes that run together, when it is the turn of the last of them: a sum, a
/// BatchNorm or a ReLU.
struct FusedSum {
  /// The terms: batch_norm nodes that run here, or nodes whose values are read.
  std::vector<int> terms;
  bool relu = false;
  /// How many copies of the ReLU's value there are: one for each reader where
  /// all readers are convolutions.
  int copies = 1;
};

struct Fusion {
  /// By node: the fused sum of which it is the last node.
  std::vector<std::optional<FusedSum>> sums;
  /// By node: whether it runs in the fused sum of a later node.
  std::vector<bool> deferred;
  /// By node: the values that no later node reads.
  std::vector<std::vector<int>> done_after;
  /// By node: which copy of its input it reads.
  std::vector<int> copy_of_input;
};

Fusion fuse(const Graph& graph);

/// By node: those of the values that it reads (`read_by` lists them) that no
/// later node reads. The graph's output is never among them.
std::vector<std::vector<int>> done_after_each(
    const Graph& graph,
    const std::function<std::span<const int>(int node)>& read_by);

}  // namespace zcp::graph
