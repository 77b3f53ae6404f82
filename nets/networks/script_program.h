// A TorchScript file as a program: its graph and what is known of each node.
//
// This header includes LibTorch.
#pragma once

#include <torch/csrc/jit/runtime/operator.h>
#include <torch/script.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "nets/networks/network.h"

namespace zcp::networks {

/// How a node runs.
enum class Treatment : std::uint8_t {
  plain,       ///< by its own operator
  batch_norm,  ///< in the mode that the pass asks for
  dropout,     ///< not at all: it returns its input
};

/// What is known of a node before it runs.
struct NodePlan {
  Treatment treatment = Treatment::plain;
  LayerKind kind = LayerKind::other;
  bool recorded = false;  ///< whether observers see it
  bool in_place = false;  ///< whether its operator writes into its input
  bool live = false;      ///< whether the network's output depends on it
  int uses = 1;           ///< as LayerCall::uses
  /// Its operator; none for what is no operator, such as control flow.
  std::optional<torch::jit::Operation> operation;
};

/// The inlined graph of a module's `forward`, with a plan for each node.
struct ScriptProgram {
  torch::jit::Module module;
  std::shared_ptr<torch::jit::Graph> graph;
  std::unordered_map<const torch::jit::Node*, NodePlan> plans;
  /// Index of a parameter by the tensor that the module holds.
  std::unordered_map<const c10::TensorImpl*, int> parameter_index;
  std::vector<std::string> notes;  ///< as ScriptNetwork::notes()
};

}  // namespace zcp::networks
