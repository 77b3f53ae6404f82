#include "nets/networks/script_plan.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/one_of.h"
#include "nets/kernels/device_arithmetic.h"

namespace zcp::networks {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

/// "relu" of "aten::relu_"; empty for what is no aten operator.
std::string aten_name(const Node& node) {
  const std::string full = node.kind().toQualString();
  if (!full.starts_with("aten::")) return "";
  std::string name = full.substr(6);
  if (name.ends_with('_') && !name.ends_with("__")) name.pop_back();
  return name;
}

/// Whether an operator such as `relu_`, or `&=`, writes into its first
/// argument.
bool writes_in_place(std::string_view full) {
  if (one_of(
          full,
          {"aten::__iand__",
           "aten::__ior__",
           "aten::__ixor__",
           "aten::__ilshift__",
           "aten::__irshift__",
           "aten::append",
           "aten::insert",
           "aten::extend",
           "aten::_set_item"})) {
    return true;
  }
  return full.starts_with("aten::") && full.ends_with('_') &&
         !full.ends_with("__");
}

std::optional<LayerKind> kind_of(const std::string& name) {
  if (one_of(
          name,
          {"_convolution",
           "convolution",
           "_convolution_mode",
           "conv1d",
           "conv2d",
           "conv3d",
           "conv_transpose1d",
           "conv_transpose2d",
           "conv_transpose3d"})) {
    return LayerKind::conv;
  }
  if (one_of(name, {"lstm", "gru", "rnn_tanh", "rnn_relu"})) {
    return LayerKind::recurrent;
  }
  if (name == "linear") return LayerKind::linear;
  if (name == "batch_norm") return LayerKind::batch_norm;
  if (one_of(name, {"layer_norm", "group_norm"})) return LayerKind::layer_norm;
  if (one_of(name, {"relu", "relu6"})) return LayerKind::relu;
  if (one_of(name, {"sigmoid", "hardsigmoid", "tanh", "hardtanh"})) {
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

/// Whether an operator draws random numbers, as LibTorch itself lists them.
bool draws(const torch::jit::Operator& known) {
  const auto found =
      c10::Dispatcher::singleton().findSchema(known.schema().operator_name());
  return found && found->hasTag(at::Tag::nondeterministic_seeded);
}

/// Scripts write ReLU6 as hardtanh(x, 0, 6).
bool is_relu(const std::string& name, const Node& node) {
  if (name != "hardtanh") return false;
  const auto least = torch::jit::toIValue(node.inputs()[1]);
  return least && least->isScalar() && least->toScalar().toDouble() == 0;
}

/// A constant that is a number above 0 or true.
bool is_on(const Value& value) {
  const auto constant = torch::jit::toIValue(&value);
  if (!constant) return true;  // not known before it runs
  if (constant->isDouble()) return constant->toDouble() > 0;
  return !constant->isBool() || constant->toBool();
}

/// "dropout switched off (2 layers)".
void add_note(
    const char* what,
    int count,
    const char* unit,
    std::vector<std::string>& notes) {
  if (count == 0) return;
  notes.push_back(
      std::string(what) + " (" + std::to_string(count) + " " + unit + ")");
}

class Planner {
 public:
  explicit Planner(ScriptProgram& program) : program_(program) {}

  void plan() {
    plan_block(*program_.graph->block());
    for (const Value* output : chosen_outputs()) mark_live(output);
    mark_writes();
    auto& notes = program_.notes;
    add_note("dropout switched off", dropouts_, "layers", notes);
    add_note("RReLU by its mean slope", rrelus_, "layers", notes);
    add_note("random masks replaced by their mean", means_, "places", notes);
    add_note("random numbers drawn by the seed", seeded_, "places", notes);
  }

 private:
  void plan_block(const Block& block) {
    for (const Node* node : block.nodes()) {
      plan_node(*node);
      for (const Block* inner : node->blocks()) plan_block(*inner);
    }
  }

  void plan_node(const Node& node) {
    NodePlan& plan = program_.plans[&node];
    plan.place = places_++;
    const std::string name = aten_name(node);
    plan.name = name;
    const std::string full = node.kind().toQualString();
    if (const auto kind = kind_of(name)) {
      plan.kind = is_relu(name, node) ? LayerKind::relu : *kind;
      plan.recorded = true;
    }
    if (plan.kind == LayerKind::relu) plan.uses = named_relus(node);
    if (name == "batch_norm") plan.treatment = Treatment::batch_norm;
    if (one_of(full, {"prim::Print", "aten::warn"})) {
      plan.treatment = Treatment::ignored;
    }
    if (one_of(name, {"is_grad_enabled", "set_grad_enabled"})) {
      plan.treatment = Treatment::gradients;
    }
    if (full == "prim::requires_grad") plan.treatment = Treatment::no_fast_way;
    plan.in_place = writes_in_place(full);
    const torch::jit::Operator* known = operator_of(node);
    if (known == nullptr) return;
    plan.operation = known->getOperation(&node);
    plan.schema = &known->schema();
    plan.variadic = known->schema().is_vararg();
    plan.dtype = known->schema().argumentIndexWithName("dtype").value_or(-1);
    use_own_arithmetic(known->schema(), plan);
    if (name.find("dropout") != std::string::npos) {
      plan.treatment = Treatment::dropout;
      ++dropouts_;
    } else {
      switch_off(node, known->schema(), name, plan);
    }
    if (draws(*known) && plan.treatment == Treatment::plain) {
      plan_draws(node, known->schema(), name, plan);
    }
    if (name == "floor") plan_floor(node, plan);
    // Gradients of tables have the same numbers where they are not sparse.
    const auto sparse = known->schema().argumentIndexWithName("sparse");
    if (name.starts_with("embedding") && sparse) {
      plan.replaced.emplace_back(static_cast<std::size_t>(*sparse), false);
    }
  }

  /// A trace keeps how its own process multiplied on CUDA devices in each of
  /// its convolutions; scores are computed as this process is set.
  static void use_own_arithmetic(
      const c10::FunctionSchema& schema,
      NodePlan& plan) {
    const std::pair<const char*, bool> settings[] = {
        {"benchmark", false},
        {"deterministic", true},
        {"cudnn_enabled", true},
        {"allow_tf32", kernels::rounds_float32_products()}};
    for (const auto& [name, value] : settings) {
      const auto place = schema.argumentIndexWithName(name);
      if (place) {
        plan.replaced.emplace_back(static_cast<std::size_t>(*place), value);
      }
    }
  }

  const torch::jit::Operator* operator_of(const Node& node) const {
    const auto told = program_.operators.find(&node);
    return told != program_.operators.end() ? told->second.get()
                                            : node.maybeOperator();
  }

  /// Layers that hold a dropout: recurrent ones and attention; RReLU.
  void switch_off(
      const Node& node,
      const c10::FunctionSchema& schema,
      const std::string& name,
      NodePlan& plan) {
    const bool rrelu = name.starts_with("rrelu");
    bool on = false;
    switched_off_ = false;
    for (std::size_t i = 0; i < schema.arguments().size(); ++i) {
      const std::string& argument = schema.arguments()[i].name();
      const bool probability = one_of(argument, {"dropout", "dropout_p"});
      const bool training = one_of(argument, {"train", "training"}) &&
                            (rrelu || plan.kind == LayerKind::recurrent);
      if (!probability && !training) continue;
      if (probability || rrelu) on = on || is_on(*node.inputs()[i]);
      plan.replaced.emplace_back(
          i, probability ? c10::IValue(0.0) : c10::IValue(false));
      switched_off_ = true;
    }
    if (on) ++(rrelu ? rrelus_ : dropouts_);
  }

  void plan_draws(
      const Node& node,
      const c10::FunctionSchema& schema,
      const std::string& name,
      NodePlan& plan) {
    if (switched_off_) return;
    if (name == "bernoulli") {
      plan.treatment = Treatment::mean;
      ++means_;
      return;
    }
    const bool known =
        one_of(
            name,
            {"rand",
             "rand_like",
             "randn",
             "randn_like",
             "randint",
             "randint_like",
             "randperm"}) ||
        std::ranges::any_of(schema.arguments(), [](const auto& argument) {
          return argument.name() == "generator";
        });
    if (!known) {
      throw UserError(
          "{}: draws random numbers by {}, which cannot be repeated",
          program_.path,
          node.kind().toQualString());
    }
    plan.treatment = Treatment::seeded;
    ++seeded_;
  }

  /// floor(p + rand) is 1 with the probability p, as in older stochastic depth:
  /// with 0 for the random numbers the sum is the mask's mean.
  void plan_floor(const Node& node, NodePlan& plan) {
    const Node* sum = node.inputs()[0]->node();
    if (aten_name(*sum) != "add") return;
    for (const Value* part : sum->inputs()) {
      const std::string name = aten_name(*part->node());
      if (!one_of(name, {"rand", "rand_like"})) continue;
      program_.plans[part->node()].treatment = Treatment::zeros;
      plan.treatment = Treatment::mean;
      --seeded_;
      ++means_;
    }
  }

  /// What the chosen output is made of, where that can be told: "1.aux" is the
  /// entry "aux" of the second element.
  std::vector<const Value*> chosen_outputs() const {
    const Value* found = program_.graph->outputs()[0];
    if (!program_.options.output) return {found};
    std::string rest = *program_.options.output;
    while (!rest.empty()) {
      const Value* part = nullptr;
      for (const auto& [name, value] : parts_of(*found->node())) {
        const bool whole = rest == name;
        if (!whole && !rest.starts_with(name + ".")) continue;
        part = value;
        rest.erase(0, name.size() + (whole ? 0 : 1));
        break;
      }
      if (part == nullptr) break;
      found = part;
    }
    return {found};
  }

  /// What a tuple, a list or a dict is made of, by place or key; empty for
  /// everything else.
  static std::vector<std::pair<std::string, const Value*>> parts_of(
      const Node& maker) {
    std::vector<std::pair<std::string, const Value*>> parts;
    const auto inputs = maker.inputs();
    if (maker.kind() == torch::jit::prim::DictConstruct) {
      for (std::size_t i = 0; i + 1 < inputs.size(); i += 2) {
        const auto key = torch::jit::toIValue(inputs[i]);
        if (!key || !key->isString()) return {};
        parts.emplace_back(key->toStringRef(), inputs[i + 1]);
      }
      return parts;
    }
    if (maker.kind() != torch::jit::prim::TupleConstruct &&
        maker.kind() != torch::jit::prim::ListConstruct) {
      return {};
    }
    const auto type = maker.output()->type()->cast<c10::TupleType>();
    const bool named = type != nullptr && type->schema() != nullptr;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      parts.emplace_back(
          named ? type->schema()->arguments()[i].name() : std::to_string(i),
          inputs[i]);
    }
    return parts;
  }

  /// What is written into a tensor that is live, by way of a view, and what is
  /// kept in an attribute.
  void mark_writes() {
    bool changed = true;
    while (changed) {
      changed = false;
      for (const auto& [node, plan] : program_.plans) {
        if (plan.live) continue;
        const bool kept = node->kind() == torch::jit::prim::SetAttr;
        if (!kept && !(plan.in_place && is_live(*node->inputs()[0]))) continue;
        pending_.push_back(node);
        changed = true;
      }
      for (const Node* node : pending_) {
        program_.plans[node].live = true;
        for (const Value* input : node->inputs()) mark_live(input);
      }
      pending_.clear();
    }
  }

  /// Whether something that is read later is `value` or a tensor it is a view
  /// of.
  bool is_live(const Value& value) const {
    const Node* node = value.node();
    for (;;) {
      const auto found = program_.plans.find(node);
      if (found != program_.plans.end() && found->second.live) return true;
      const std::string name = aten_name(*node);
      if (!one_of(name, {"select",
                         "slice",
                         "view",
                         "narrow",
                         "transpose",
                         "permute",
                         "unsqueeze",
                         "squeeze",
                         "chunk",
                         "split",
                         "split_with_sizes",
                         "tensor_split",
                         "unbind",
                         "reshape",
                         "expand",
                         "expand_as",
                         "view_as",
                         "flatten",
                         "unflatten",
                         "movedim",
                         "swapaxes",
                         "diagonal",
                         "detach",
                         "__getitem__",
                         "t"}) &&
          node->kind() != torch::jit::prim::ListUnpack &&
          node->kind() != torch::jit::prim::TupleUnpack) {
        return false;
      }
      node = node->inputs()[0]->node();
    }
  }

  /// Modules with "ReLU" in their class name among those that the node was
  /// inlined from; a functional ReLU counts once.
  int named_relus(const Node& node) const {
    int count = 0;
    const auto told = program_.modules.find(&node);
    if (told != program_.modules.end()) {
      for (const ExportedModule& module : told->second) {
        const std::string type = module.type.substr(module.type.rfind('.') + 1);
        if (type.find("ReLU") != std::string::npos) ++count;
      }
    }
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
  std::uint64_t places_ = 0;
  bool switched_off_ = false;  ///< of the node that is planned
  std::vector<const Node*> pending_;
  int dropouts_ = 0;
  int rrelus_ = 0;
  int means_ = 0;
  int seeded_ = 0;
};

}  // namespace

void plan_nodes(ScriptProgram& program) {
  Planner(program).plan();
}

}  // namespace zcp::networks
