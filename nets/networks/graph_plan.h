// What is known of a graph's network before it has parameters and runs: which
// parameters there are and which node reads them, what runs together and how
// long values are kept.
//
// This header includes LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nets/graph/fusion.h"
#include "nets/graph/graph.h"
#include "nets/networks/network.h"

namespace zcp::networks {

inline constexpr double kLeakySlope = 0.2;  ///< of graph::Op::leaky_relu

/// A parameter of a graph's network.
struct PlannedParameter {
  int node;  ///< the first that reads it
  ParameterKind kind;
  std::vector<std::int64_t> sizes;
  std::string name;
  int declared;  ///< as Parameter::declared
};

/// The parameters of one node by index, -1 for none.
struct ParameterSlots {
  int weight = -1;  ///< or the scale of a BatchNorm
  int bias = -1;    ///< or its shift
};

struct GraphPlan {
  graph::Graph graph;
  std::vector<PlannedParameter> parameters;
  std::vector<ParameterSlots> slots;         ///< by node
  std::vector<std::vector<int>> done_after;  ///< by node: what no later reads
  std::vector<bool> live;       ///< by node: whether the output depends on it
  std::vector<int> block;       ///< by node: the macro block that it belongs to
  graph::Fusion fusion;         ///< on a processor
  graph::Fusion device_fusion;  ///< on other devices
};

GraphPlan plan_graph(const graph::Graph& graph);

/// What observers see of a node with this operation.
LayerKind layer_kind(graph::Op op);

}  // namespace zcp::networks
