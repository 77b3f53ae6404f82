#include "nets/networks/script_run.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

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

class ScriptPass {
 public:
  ScriptPass(
      const ScriptProgram& program,
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
                          recording_->scope.records(plan.kind);
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

  /// In-place operators run out of place: afterwards every name of the old
  /// tensor means the new one.
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

  /// False for the arithmetic on shapes that traces are full of.
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
    if (scope.records_input(plan.kind)) call.input = x;
    const bool variance = scope.records_variances() &&
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
    if (plan.kind == LayerKind::conv) set_windows(arguments, call);
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
  static void set_windows(const Stack& arguments, LayerCall& call) {
    if (!arguments[4].isIntList()) return;  // padding="same"
    const at::Tensor& weight = arguments[1].toTensor();
    const auto stride = arguments[3].toIntVector();
    const auto padding = arguments[4].toIntVector();
    const auto dilation = arguments[5].toIntVector();
    for (std::size_t axis = 0; axis < stride.size(); ++axis) {
      call.windows.push_back(
          {static_cast<int>(weight.size(static_cast<std::int64_t>(axis) + 2)),
           static_cast<int>(stride[axis]),
           static_cast<int>(padding.at(axis)),
           static_cast<int>(dilation.at(axis))});
    }
    call.groups = arguments[arguments.size() > 8 ? 8 : 6].toInt();
  }

  const ScriptProgram& program_;
  const std::vector<Parameter>& parameters_;
  const BatchNormMode batch_norm_;
  Recording* const recording_;
  at::ScalarType type_ = at::kFloat;
  Environment environment_;
  std::unordered_map<const c10::TensorImpl*, int> index_;
};

}  // namespace

at::Tensor run_script(
    const ScriptProgram& program,
    const std::vector<Parameter>& parameters,
    const at::Tensor& x,
    BatchNormMode batch_norm,
    Recording* recording) {
  return ScriptPass(program, parameters, batch_norm, recording).run(x);
}

}  // namespace zcp::networks
