#include "nets/networks/script_network.h"

#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/operator.h>
#include <torch/script.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"
#include "nets/kernels/batch_norm.h"

namespace zcp::networks {
namespace {

using c10::IValue;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Stack;
using torch::jit::Value;
namespace prim = torch::jit::prim;

using Environment = std::unordered_map<const Value*, IValue>;

enum class Treatment { plain, batch_norm, dropout };

/// What is known of a node before it runs.
struct NodePlan {
  Treatment treatment = Treatment::plain;
  LayerKind kind = LayerKind::other;
  bool recorded = false;
  bool in_place = false;
  bool live = false;
  int uses = 1;
  std::optional<torch::jit::Operation> operation;
};

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

/// The inlined graph of `forward`, with a plan for each node.
struct Program {
  torch::jit::Module module;
  std::shared_ptr<torch::jit::Graph> graph;
  std::unordered_map<const Node*, NodePlan> plans;
  /// Storage of a parameter as loaded -> its index.
  std::unordered_map<const c10::TensorImpl*, int> parameter_index;
  std::vector<std::string> notes;
};

class Planner {
 public:
  explicit Planner(Program& program) : program_(program) {}

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

  Program& program_;
  int dropouts_ = 0;
};

/// One run of the program.
class Walk {
 public:
  Walk(
      const Program& program,
      const std::vector<Parameter>& parameters,
      BatchNormMode batch_norm,
      Recording* recording)
      : program_(program),
        parameters_(parameters),
        batch_norm_(batch_norm),
        recording_(recording) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      index_[parameters[i].value.unsafeGetTensorImpl()] = static_cast<int>(i);
    }
  }

  at::Tensor run(const at::Tensor& x) {
    const auto inputs = program_.graph->inputs();
    if (inputs.size() != 2) {
      throw std::invalid_argument("forward takes more than one input");
    }
    environment_[inputs[0]] = program_.module._ivalue();
    // Writing into a view of it may not reach the caller's.
    const bool written = std::ranges::any_of(
        program_.plans, [](const auto& plan) { return plan.second.in_place; });
    environment_[inputs[1]] = written ? x.clone() : x;
    type_ = x.scalar_type();
    run_block(*program_.graph->block());
    return logits(value(program_.graph->outputs()[0]));
  }

 private:
  const IValue& value(const Value* name) const {
    const auto found = environment_.find(name);
    if (found == environment_.end()) {
      throw std::logic_error("a value that no node made");
    }
    return found->second;
  }

  static at::Tensor logits(const IValue& output) {
    if (output.isTensor()) return output.toTensor();
    if (output.isTuple()) {
      const auto& elements = output.toTupleRef().elements();
      for (std::size_t i = elements.size(); i-- > 0;) {
        if (elements[i].isTensor()) return elements[i].toTensor();
      }
    }
    throw std::invalid_argument("forward returns no tensor");
  }

  void run_block(const Block& block) {
    for (const Node* node : block.nodes()) run_node(*node);
  }

  void run_node(const Node& node) {
    switch (node.kind()) {
      case prim::Constant:
        return set(node, torch::jit::toIValue(node.output()).value());
      case prim::GetAttr:
        return set(node, attribute(node));
      case prim::SetAttr:
        return;  // counters of BatchNorm; the module itself stays as it is
      case prim::ListConstruct:
        return set(node, list(node));
      case prim::TupleConstruct:
        return set(node, c10::ivalue::Tuple::create(arguments(node)));
      case prim::TupleUnpack:
        return unpack(node, value(node.input()).toTupleRef().elements().vec());
      case prim::ListUnpack:
        return unpack(node, value(node.input()).toListRef().vec());
      case prim::If:
        return run_if(node);
      case prim::Loop:
        return run_loop(node);
      case prim::unchecked_cast:
        return set(node, value(node.input()));
      case prim::Uninitialized:
        return set(node, IValue());
      default:
        return run_operator(node);
    }
  }

  void set(const Node& node, IValue result) {
    environment_[node.output()] = std::move(result);
  }

  void unpack(const Node& node, const std::vector<IValue>& elements) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      environment_[node.outputs()[i]] = elements[i];
    }
  }

  std::vector<IValue> arguments(const Node& node) const {
    std::vector<IValue> result;
    for (const Value* input : node.inputs()) result.push_back(value(input));
    return result;
  }

  IValue list(const Node& node) const {
    Stack stack = arguments(node);
    const auto type = node.output()->type()->expect<c10::ListType>();
    c10::List<IValue> items(type->getElementType());
    for (IValue& item : stack) items.push_back(std::move(item));
    return IValue(std::move(items));
  }

  /// An attribute of a module: parameters come from this network, buffers in
  /// the network's type.
  IValue attribute(const Node& node) const {
    const IValue found =
        value(node.input()).toObjectRef().getAttr(node.s(c10::attr::name));
    if (!found.isTensor() || !found.toTensor().defined()) return found;
    const at::Tensor& tensor = found.toTensor();
    const auto known =
        program_.parameter_index.find(tensor.unsafeGetTensorImpl());
    if (known != program_.parameter_index.end()) {
      return parameters_[static_cast<std::size_t>(known->second)].value;
    }
    return tensor.is_floating_point() ? tensor.to(type_) : tensor;
  }

  void run_if(const Node& node) {
    const bool taken = value(node.input()).toBool();
    const Block& block = *node.blocks()[taken ? 0 : 1];
    run_block(block);
    for (std::size_t i = 0; i < node.outputs().size(); ++i) {
      environment_[node.outputs()[i]] = value(block.outputs()[i]);
    }
  }

  void run_loop(const Node& node) {
    const std::int64_t most = value(node.inputs()[0]).toInt();
    bool go_on = value(node.inputs()[1]).toBool();
    std::vector<IValue> carried;
    for (std::size_t i = 2; i < node.inputs().size(); ++i) {
      carried.push_back(value(node.inputs()[i]));
    }
    const Block& body = *node.blocks()[0];
    for (std::int64_t step = 0; step < most && go_on; ++step) {
      environment_[body.inputs()[0]] = step;
      for (std::size_t i = 0; i < carried.size(); ++i) {
        environment_[body.inputs()[i + 1]] = carried[i];
      }
      run_block(body);
      go_on = value(body.outputs()[0]).toBool();
      for (std::size_t i = 0; i < carried.size(); ++i) {
        carried[i] = value(body.outputs()[i + 1]);
      }
    }
    unpack(node, carried);
  }

  void run_operator(const Node& node) {
    const NodePlan& plan = program_.plans.at(&node);
    Stack stack = arguments(node);
    const IValue first = stack.empty() ? IValue() : stack[0];
    LayerCall call;
    const bool recorded = recording_ != nullptr && plan.recorded &&
                          is_activation(first) &&
                          recording_->scope.names(plan.kind);
    if (recorded) begin_call(plan, stack, call);
    if (plan.treatment == Treatment::batch_norm) {
      stack = {normalise(stack)};
    } else if (plan.treatment == Treatment::dropout) {
      stack = {first};
    } else {
      if (plan.in_place && first.isTensor() && !first.toTensor().is_view()) {
        stack[0] = first.toTensor().clone();
      }
      if (!plan.operation) {
        throw std::invalid_argument(
            std::string("no way to run ") + node.kind().toQualString());
      }
      torch::jit::Operation operation = *plan.operation;  // calls are not const
      operation(stack);
    }
    if (plan.in_place && first.isTensor()) {
      rebind(first.toTensor(), stack.back());
    }
    if (recorded) {
      call.output = stack.back().toTensor();
      recording_->calls.push_back(std::move(call));
    }
    const std::size_t count = node.outputs().size();
    for (std::size_t i = 0; i < count; ++i) {
      environment_[node.outputs()[i]] = stack[stack.size() - count + i];
    }
  }

  /// After an in-place operator every name of the old tensor means the new.
  void rebind(const at::Tensor& old, const IValue& result) {
    for (auto& [name, held] : environment_) {
      if (held.isTensor() && held.toTensor().is_same(old)) held = result;
    }
  }

  /// aten::batch_norm(x, weight, bias, mean, variance, training, momentum,
  /// eps, cudnn) in the mode asked for.
  at::Tensor normalise(const Stack& arguments) const {
    const at::Tensor x = arguments[0].toTensor();
    if (batch_norm_ == BatchNormMode::bypass) return x;
    const auto tensor = [&](std::size_t i) {
      return arguments[i].isTensor() ? arguments[i].toTensor() : at::Tensor();
    };
    if (batch_norm_ == BatchNormMode::sample_statistics) {
      return at::instance_norm(
          x,
          tensor(1),
          tensor(2),
          {},
          {},
          true,
          arguments[6].toDouble(),
          arguments[7].toDouble(),
          false);
    }
    const bool train =
        batch_norm_ == BatchNormMode::batch_statistics || !tensor(3).defined();
    return at::batch_norm(
        x,
        tensor(1),
        tensor(2),
        train ? at::Tensor() : tensor(3),
        train ? at::Tensor() : tensor(4),
        train,
        arguments[6].toDouble(),
        arguments[7].toDouble(),
        false);
  }

  /// Not the arithmetic on shapes that traces are full of.
  static bool is_activation(const IValue& value) {
    return value.isTensor() && value.toTensor().dim() >= 2 &&
           value.toTensor().is_floating_point();
  }

  /// What is known of a call before it runs.
  void begin_call(const NodePlan& plan, const Stack& arguments, LayerCall& call)
      const {
    call.kind = plan.kind;
    const at::Tensor x = arguments[0].toTensor();
    const RecordingScope& scope = recording_->scope;
    if (scope.names_input(plan.kind)) call.input = x;
    const bool variance = scope.names_variances() &&
                          batch_norm_ == BatchNormMode::batch_statistics;
    if (variance && plan.kind == LayerKind::batch_norm && x.dim() == 4) {
      call.batch_variance =
          kernels::recorded_variance(kernels::channel_moments(x.detach()));
    }
    call.live = plan.live;
    call.uses = plan.uses;
    if (plan.kind == LayerKind::sum) call.calls = 0;  // no module
    if (plan.kind == LayerKind::batch_norm && arguments[4].isTensor()) {
      call.running_variance = arguments[4].toTensor();
    }
    if (plan.kind == LayerKind::conv) call.window = window_of(arguments);
    const bool weighted = plan.kind == LayerKind::conv ||
                          plan.kind == LayerKind::linear ||
                          plan.kind == LayerKind::batch_norm;
    if (!weighted || !arguments[1].isTensor()) return;
    const auto found =
        index_.find(arguments[1].toTensor().unsafeGetTensorImpl());
    if (found == index_.end()) return;
    (plan.kind == LayerKind::batch_norm ? call.scale : call.weight) =
        found->second;
  }

  /// conv2d(x, w, b, stride, padding, dilation, groups) or _convolution, which
  /// has transposed and output_padding before the groups.
  static Window window_of(const Stack& arguments) {
    if (!arguments[4].isIntList()) return {};  // padding="same"
    Window window{
        arguments[3].toIntVector(),
        arguments[4].toIntVector(),
        arguments[5].toIntVector(),
        1};
    const std::size_t groups = arguments.size() > 8 ? 8 : 6;
    window.groups = arguments[groups].toInt();
    return window;
  }

  const Program& program_;
  const std::vector<Parameter>& parameters_;
  const BatchNormMode batch_norm_;
  Recording* const recording_;
  at::ScalarType type_ = at::kFloat;
  Environment environment_;
  std::unordered_map<const c10::TensorImpl*, int> index_;
};

class ScriptNetworkImpl final : public ScriptNetwork {
 public:
  ScriptNetworkImpl(
      std::shared_ptr<const Program> program,
      std::vector<Parameter> parameters)
      : program_(std::move(program)) {
    parameters_ = std::move(parameters);
  }

  at::Tensor forward(
      const at::Tensor& x,
      BatchNormMode batch_norm,
      Recording* recording) const override {
    return Walk(*program_, parameters_, batch_norm, recording).run(x);
  }

  std::unique_ptr<Network> with_parameters(
      const std::function<at::Tensor(const Parameter&)>& change)
      const override {
    return std::make_unique<ScriptNetworkImpl>(
        program_, changed_parameters(parameters_, change));
  }

  const std::vector<std::string>& notes() const override {
    return program_->notes;
  }

 private:
  std::shared_ptr<const Program> program_;
};

/// Last part of "layers.3.weight"; the part before it, if any, is `owner`.
std::string last_part(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

/// By the name PyTorch's modules give it and its dimensions.
ParameterKind parameter_kind(
    const std::string& name,
    const at::Tensor& value,
    const std::unordered_map<std::string, std::int64_t>& weight_dims) {
  const std::string last = last_part(name);
  if (last == "weight") {
    if (value.dim() >= 3) return ParameterKind::conv_weight;
    if (value.dim() == 2) return ParameterKind::linear_weight;
    if (value.dim() == 1) return ParameterKind::norm_scale;
  }
  if (last == "bias") {
    const auto weight =
        weight_dims.find(name.substr(0, name.size() - 4) + "weight");
    if (weight != weight_dims.end()) {
      return weight->second == 1 ? ParameterKind::norm_shift
                                 : ParameterKind::bias;
    }
  }
  return ParameterKind::other;
}

torch::jit::Module load_module(const std::filesystem::path& path) {
  try {
    return torch::jit::load(path.string());
  } catch (const std::exception&) {
    throw UserError(
        "{}: not a TorchScript file; expected what torch.jit.trace(...).save "
        "or torch.jit.script(...).save wrote",
        path.string());
  }
}

}  // namespace

std::unique_ptr<ScriptNetwork> load_script_network(
    const std::filesystem::path& path,
    const at::TensorOptions& options) {
  auto program = std::make_shared<Program>();
  program->module = load_module(path);
  program->module.train();
  program->graph = program->module.get_method("forward").graph()->copy();
  torch::jit::Inline(*program->graph);
  std::unordered_map<std::string, std::int64_t> dims;
  for (const auto& named : program->module.named_parameters()) {
    dims[named.name] = named.value.dim();
  }
  std::vector<Parameter> parameters;
  for (const auto& named : program->module.named_parameters()) {
    program->parameter_index[named.value.unsafeGetTensorImpl()] =
        static_cast<int>(parameters.size());
    at::Tensor value = named.value.detach().to(options).clone();
    const ParameterKind kind = parameter_kind(named.name, value, dims);
    if (value.dim() == 4) {
      value = value.contiguous(kMemoryFormat);
    }
    const int declared = static_cast<int>(parameters.size());
    parameters.push_back({named.name, kind, std::move(value), declared});
  }
  Planner(*program).plan();
  return std::make_unique<ScriptNetworkImpl>(
      std::move(program), std::move(parameters));
}

std::unique_ptr<Network> redraw(
    const Network& network,
    initialisers::Initialiser initialiser,
    std::uint64_t seed) {
  // A bias is drawn by the fan of the weight beside it.
  std::unordered_map<std::string, initialisers::Fans> fans;
  for (const Parameter& parameter : network.parameters()) {
    if (!parameter.is_layer_weight()) continue;
    const at::Tensor& w = parameter.value;
    const std::int64_t window = w.dim() > 2 ? w[0][0].numel() : std::int64_t{1};
    const std::string owner =
        parameter.name.substr(0, parameter.name.size() - 6);
    fans[owner] = {w.size(1) * window, w.size(0) * window};
  }
  return network.with_parameters([&](const Parameter& parameter) {
    at::Tensor drawn = at::empty(parameter.value.sizes(), at::kFloat);
    const std::span<float> out(
        drawn.data_ptr<float>(), static_cast<std::size_t>(drawn.numel()));
    const std::size_t dot = parameter.name.rfind('.') + 1;
    const std::string owner = parameter.name.substr(0, dot);
    const std::uint64_t drawn_by =
        derive_seed(seed, "weight", hash64(parameter.name));
    switch (parameter.kind) {
      case ParameterKind::conv_weight:
      case ParameterKind::linear_weight:
        initialisers::draw_weight(initialiser, fans.at(owner), drawn_by, out);
        break;
      case ParameterKind::bias:
        initialisers::draw_bias(initialiser, fans.at(owner), drawn_by, out);
        break;
      case ParameterKind::norm_scale:
        drawn.fill_(1.0);
        break;
      case ParameterKind::norm_shift:
        drawn.fill_(0.0);
        break;
      case ParameterKind::transposed_weight:
      case ParameterKind::other:
        return parameter.value.clone();
    }
    drawn = drawn.to(parameter.value.options());
    return drawn.dim() == 4 ? drawn.contiguous(kMemoryFormat) : drawn;
  });
}

}  // namespace zcp::networks
