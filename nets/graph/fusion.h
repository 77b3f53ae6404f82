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
  /// How many copies of the last node's value there are, one for each reader of
  /// those that have one of their own. The others read the first.
  int copies = 1;
  /// A ReLU that reads the sum beside others. Its value is made here, too; -1
  /// where there is none.
  int rectified = -1;
  int rectified_copies = 0;  ///< as `copies`
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
  /// By node: whether it is the FusedSum::rectified of an earlier one.
  std::vector<bool> rectified;
};

/// For a processor, where a fused sum changes no bit of a gradient.
Fusion fuse(const Graph& graph);

/// For devices, where each operator is a launch: gradients at a value are
/// summed by the kernel of its sum, in an order of their own, and sums without
/// a BatchNorm run like the others.
Fusion fuse_for_devices(const Graph& graph);

/// By node: those of the values that it reads (`read_by` lists them) that no
/// later node reads. The graph's output is never among them.
std::vector<std::vector<int>> done_after_each(
    const Graph& graph,
    const std::function<std::span<const int>(int node)>& read_by);

}  // namespace zcp::graph
