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
///
/// Who reads its value has a copy of its own, numbered in the order of the
/// readers, so that the sum itself adds up the gradients that arrive.
struct FusedSum {
  /// The terms: batch_norm nodes that run here, or nodes whose values are read.
  std::vector<int> terms;
  /// By term: which copy of what it reads it takes.
  std::vector<int> term_copies;
  bool relu = false;
  int copies = 1;  ///< of the last node's value
  /// The copy for readers that cannot say which they take.
  int shared_copy = 0;
  /// A ReLU that reads the sum beside others. Its value is made here, too; -1
  /// where there is none.
  int rectified = -1;
  int rectified_copies = 0;  ///< as `copies`, of the ReLU's value
  int rectified_shared = 0;  ///< as `shared_copy`
  /// How many copies are those of readers before the ReLU.
  int rectified_after = 0;
};

struct Fusion {
  /// By node: the fused sum of which it is the last node.
  std::vector<std::optional<FusedSum>> sums;
  /// By node: whether it runs in the fused sum of a later node.
  std::vector<bool> deferred;
  /// By node: the values that no later node reads.
  std::vector<std::vector<int>> done_after;
  /// By node that reads a single value: which copy of it.
  std::vector<int> copy_of_input;
  /// By node: whether it is the FusedSum::rectified of an earlier one.
  std::vector<bool> rectified;
};

/// For a processor: gradients are summed in the order in which LibTorch's
/// engine sums those of the same nodes, each run in its turn, so that fusion
/// changes no bit of them.
Fusion fuse(const Graph& graph);

/// For devices, where each operator is a launch: also where that order changes.
Fusion fuse_for_devices(const Graph& graph);

/// By node: those of the values that it reads (`read_by` lists them) that no
/// later node reads. The graph's output is never among them.
std::vector<std::vector<int>> done_after_each(
    const Graph& graph,
    const std::function<std::span<const int>(int node)>& read_by);

}  // namespace zcp::graph
