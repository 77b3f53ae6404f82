#include "nets/networks/script_layout.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

namespace zcp::networks {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = torch::jit::prim;

/// Operators that take tensors in either layout and whose result then lies as
/// their input does.
constexpr std::array<std::string_view, 23> kKeepLayout{
    "_convolution",
    "convolution",
    "conv2d",
    "batch_norm",
    "relu",
    "relu6",
    "hardtanh",
    "hardswish",
    "hardsigmoid",
    "silu",
    "sigmoid",
    "tanh",
    "gelu",
    "leaky_relu",
    "elu",
    "add",
    "mul",
    "max_pool2d",
    "avg_pool2d",
    "adaptive_avg_pool2d",
    "cat",
    "dropout",
    "feature_dropout"};

/// The same, but what they return is no map.
constexpr std::array<std::string_view, 3> kReadLayout{"mean", "size", "dim"};

template <typename Names>
bool one_of(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

class LayoutPlanner {
 public:
  explicit LayoutPlanner(ScriptProgram& program)
      : program_(program), top_(program.graph->block()) {}

  void plan() {
    find_layouts();
    for (Node* node : top_->nodes()) {
      NodePlan& plan = program_.plans[node];
      plan.channels_last = std::ranges::any_of(
          node->outputs(), [&](const Value* v) { return any_.contains(v); });
      plan.keeps_layout = keeps_layout(node);
      plan.read_by_sum = is_read_by_sum(*node);
    }
    const auto inputs = program_.graph->inputs();
    program_.input_channels_last =
        inputs.size() > 1 && any_.contains(inputs[1]);
    find_last_reads();
  }

 private:
  const NodePlan* plan_of(const Node* node) const {
    const auto found = program_.plans.find(node);
    return found == program_.plans.end() ? nullptr : &found->second;
  }

  bool is_on_top(const Node* node) const { return node->owningBlock() == top_; }

  bool keeps_layout(const Node* node) const {
    const NodePlan* plan = plan_of(node);
    if (plan == nullptr || !is_on_top(node)) return false;
    const bool as_planned = plan->treatment == Treatment::plain ||
                            plan->treatment == Treatment::batch_norm ||
                            plan->treatment == Treatment::dropout;
    return as_planned && node->outputs().size() == 1 &&
           one_of(kKeepLayout, plan->name);
  }

  /// Starts with all values that may have channels last and takes away those
  /// that somebody reads who needs planes, until nothing changes.
  void find_layouts() {
    const auto inputs = program_.graph->inputs();
    if (inputs.size() > 1) any_.insert(inputs[1]);
    for (const Node* node : top_->nodes()) {
      if (keeps_layout(node)) any_.insert(node->output());
    }
    for (bool changed = true; changed;) {
      changed = std::erase_if(any_, [&](const Value* value) {
                  return !std::ranges::all_of(
                      value->uses(), [&](const torch::jit::Use& use) {
                        return takes_any_layout(*value, use);
                      });
                }) > 0;
    }
  }

  bool takes_any_layout(const Value& value, const torch::jit::Use& use) const {
    const Node* reader = use.user;
    if (!is_on_top(reader)) return false;
    if (reader->kind() == prim::ListConstruct) {
      return std::ranges::all_of(
          reader->output()->uses(), [&](const torch::jit::Use& next) {
            const NodePlan* plan = plan_of(next.user);
            return plan != nullptr && plan->name == "cat" &&
                   is_on_top(next.user);
          });
    }
    const NodePlan* plan = plan_of(reader);
    if (plan == nullptr) return false;
    if (one_of(kReadLayout, plan->name)) return true;
    if (!keeps_layout(reader)) return false;
    // What returns the tensor that it was given has one layout with it.
    const bool same = plan->in_place || plan->treatment == Treatment::dropout;
    return !same || reader->inputs()[0] != &value ||
           any_.contains(reader->output());
  }

  /// BatchNorm, or a sum, whose only reader is a sum or a ReLU.
  bool is_read_by_sum(const Node& node) const {
    const NodePlan* plan = plan_of(&node);
    if (!keeps_layout(&node) || !any_.contains(node.output())) return false;
    const bool norm = plan->treatment == Treatment::batch_norm;
    if (!norm && !is_sum(node)) return false;
    const auto& uses = node.output()->uses();
    if (uses.size() != 1 || !is_on_top(uses[0].user)) return false;
    if (program_.blocks.contains(node.output())) return false;
    const NodePlan* reader = plan_of(uses[0].user);
    if (reader == nullptr || !keeps_layout(uses[0].user)) return false;
    return reader->name == "relu" || (norm && is_sum(*uses[0].user));
  }

  /// x + y, not x + 2 y and not x + 1.
  bool is_sum(const Node& node) const {
    const NodePlan* plan = plan_of(&node);
    if (plan == nullptr || plan->name != "add" || node.inputs().size() != 3) {
      return false;
    }
    const auto factor = torch::jit::toIValue(node.inputs()[2]);
    return factor && factor->isInt() && factor->toInt() == 1 &&
           node.inputs()[0] != node.inputs()[1] &&
           node.inputs()[1]->type()->isSubtypeOf(*c10::TensorType::get());
  }

  /// The node of the outermost block in which another one lies.
  const Node* on_top(const Node* node) const {
    while (!is_on_top(node)) node = node->owningBlock()->owningNode();
    return node;
  }

  /// A value that a node of control flow reads inside counts as read by it.
  void find_last_reads() {
    for (Node* node : top_->nodes()) {
      for (const Value* value : node->outputs()) add_last_read(*node, *value);
    }
  }

  void add_last_read(const Node& maker, const Value& value) {
    const Node* last = &maker;
    for (const torch::jit::Use& use : value.uses()) {
      if (use.user == top_->return_node()) return;
      const Node* reader = on_top(use.user);
      if (last->isBefore(reader)) last = reader;
    }
    program_.plans[last].done_after.push_back(&value);
  }

  ScriptProgram& program_;
  Block* const top_;
  std::unordered_set<const Value*> any_;
};

}  // namespace

void plan_layout(ScriptProgram& program) {
  LayoutPlanner(program).plan();
}

}  // namespace zcp::networks
