#include "nets/networks/script_plan.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::networks {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool one_of(std::string_view name, std::initializer_list<const char*> names) {
  return std::ranges::any_of(names, [&](const char* n) { return name == n; });
}

/// "relu" of "aten::relu_"; empty for what is no aten operator.
std::string aten_name(const Node& node) {
  const std::string full = node.kind().toQualString();
  if (!full.starts_with("aten::")) return "";
  std::string name = full.substr(6);
  if (name.ends_with('_') && !name.ends_with("__")) name.pop_back();
  return name;
}

std::optional<LayerKind> kind_of(const std::string& name) {
  if (one_of(name, {"_convolution", "convolution", "conv1d", "conv2d"})) {
    return LayerKind::conv;
  }
  if (name == "linear") return LayerKind::linear;
  if (name == "batch_norm") return LayerKind::batch_norm;
  if (one_of(name, {"layer_norm", "group_norm"})) return LayerKind::layer_norm;
  if (one_of(name, {"relu", "relu6", "hardtanh"})) return LayerKind::relu;
  if (one_of(name, {"sigmoid", "hardsigmoid", "tanh"})) {
    return LayerKind::bounded_activation;
  }
  if (one_of(
          name, {"gelu", "silu", "hardswish", "leaky_relu", "elu", "mish"})) {
    return LayerKind::smooth_activation;
  }
  if (name.find("pool") != std::string::npos) return LayerKind::pool;
  if (name == "add") return LayerKind::sum;
  return std::nullopt;
}

class Planner {
 public:
  explicit Planner(ScriptProgram& program) : program_(program) {}

  void plan() {
    plan_block(*program_.graph->block());
    for (const Value* output : program_.graph->outputs()) mark_live(output);
    if (dropouts_ > 0) {
      program_.notes.push_back(
          "dropout switched off (" + std::to_string(dropouts_) + " layers)");
    }
  }

 private:
  void plan_block(const Block& block) {
    for (const Node* node : block.nodes()) {
      NodePlan& plan = program_.plans[node];
      const std::string name = aten_name(*node);
      const std::string full = node->kind().toQualString();
      if (const auto kind = kind_of(name)) {
        plan.kind = *kind;
        plan.recorded = true;
      }
      if (plan.kind == LayerKind::relu) plan.uses = named_relus(*node);
      if (name == "batch_norm") plan.treatment = Treatment::batch_norm;
      if (name.find("dropout") != std::string::npos) {
        plan.treatment = Treatment::dropout;
        ++dropouts_;
      }
      plan.in_place = !name.empty() && full.ends_with('_') &&
                      !full.ends_with("__") &&
                      !one_of(name, {"copy", "fill", "zero"});
      if (node->maybeOperator() != nullptr) {
        plan.operation = node->getOperation();
      }
      for (const Block* inner : node->blocks()) plan_block(*inner);
    }
  }

  /// Modules with "ReLU" in their class name among those that the node was
  /// inlined from; a functional ReLU counts once.
  static int named_relus(const Node& node) {
    int count = 0;
    if (const auto stack = node.callstack()) {
      for (const auto& frame : (*stack)->vec()) {
        const auto module = std::get<2>(frame);
        if (!module || module->class_type() == nullptr) continue;
        const auto name = module->class_type()->name();
        if (name && name->name().find("ReLU") != std::string::npos) ++count;
      }
    }
    return std::max(count, 1);
  }

  /// Marks what `value` is computed from; blocks of control flow as a whole.
  void mark_live(const Value* value) {
    std::vector<const Value*> pending{value};
    while (!pending.empty()) {
      const Node* node = pending.back()->node();
      pending.pop_back();
      NodePlan& plan = program_.plans[node];
      if (plan.live) continue;
      plan.live = true;
      for (const Value* input : node->inputs()) pending.push_back(input);
      for (const Block* block : node->blocks()) mark_block(*block, pending);
    }
  }

  void mark_block(const Block& block, std::vector<const Value*>& pending) {
    for (const Node* node : block.nodes()) {
      program_.plans[node].live = true;
      for (const Value* input : node->inputs()) pending.push_back(input);
      for (const Block* inner : node->blocks()) mark_block(*inner, pending);
    }
    for (const Value* output : block.outputs()) pending.push_back(output);
  }

  ScriptProgram& program_;
  int dropouts_ = 0;
};

}  // namespace

void plan_nodes(ScriptProgram& program) {
  Planner(program).plan();
}

}  // namespace zcp::networks
