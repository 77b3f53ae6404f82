// Which nodes of a graph run as one: BatchNorms, the sum that alone reads
// them, and the ReLU that alone reads that. What lies between is then never
// written to memory.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "nets/graph/graph.h"

namespace zcp::graph {

/// Nodes that run when the last of them, a sum, a BatchNorm or a ReLU, would.
struct FusedSum {
  /// By term: a batch_norm node that runs here, or a node whose value is read.
  std::vector<int> terms;
  bool relu = false;
  /// Of the ReLU's value: one for each reader where all of them are
  /// convolutions.
  int copies = 1;
};

struct Fusion {
  std::vector<std::optional<FusedSum>> sums;  ///< by node: its last one
  std::vector<bool> deferred;  ///< by node: runs in the sum of a later one
  std::vector<std::vector<int>> done_after;  ///< by node: what no later reads
  std::vector<int>
      copy_of_input;  ///< by node: which copy of its input it reads
};

Fusion fuse(const Graph& graph);

/// By node: the values that it reads, by `read_by`, and no later one does; the
/// graph's output is never among them.
std::vector<std::vector<int>> done_after_each(
    const Graph& graph,
    const std::function<std::span<const int>(int node)>& read_by);

}  // namespace zcp::graph
