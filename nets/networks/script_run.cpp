#include "nets/networks/script_run.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/hash.h"
#include "common/random.h"
#include "nets/kernels/average_pool.h"
#include "nets/kernels/batch_norm.h"
#include "nets/kernels/channels_last.h"
#include "nets/kernels/gelu.h"
#include "nets/networks/exported_input.h"
#include "nets/networks/script_inputs.h"
#include "nets/networks/script_layers.h"
#include "nets/networks/script_maps.h"
#include "nets/networks/script_memory.h"
#include "nets/networks/script_operators.h"
#include "nets/networks/script_output.h"
#include "nets/networks/script_random.h"

namespace zcp::networks {
namespace {

using c10::IValue;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Stack;
using torch::jit::Value;
namespace prim = torch::jit::prim;

bool is_mask(const std::string& name) {
  return name.find("mask") != std::string::npos;
}

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

  at::Tensor run(const at::Tensor& given, const at::Tensor& words) {
    const at::AutoGradMode restored(outer_gradients_);
    const at::Tensor x = words_for(given, words);
    set_hidden(words.defined() ? words : given);
    const auto inputs = program_.graph->inputs();
    if (inputs.size() < 2) {
      throw std::invalid_argument("forward takes no input");
    }
    if (records_blocks()) recording_->blocks.resize(program_.blocks.size());
    memory_.set(inputs[0], program_.module._ivalue());
    type_ = given.is_floating_point() ? given.scalar_type()
                                      : parameters_[0].value.scalar_type();
    channels_last_ = program_.channels_last && x.device().is_cpu() &&
                     x.dim() == 4 && x.is_floating_point();
    if (program_.options.inputs.empty()) {
      set_input(x);
    } else {
      set_several(x);
    }
    run_block(*program_.graph->block());
    return chosen_output(
        value(program_.graph->outputs()[0]), program_.options, program_.path);
  }

 private:
  void set_input(const at::Tensor& x) {
    const auto inputs = program_.graph->inputs();
    check_input(program_, 0, x);
    memory_.set(
        inputs[1], channels_last_ ? x.contiguous(kernels::kChannelsLast) : x);
    for (std::size_t i = 2; i < inputs.size(); ++i) {
      memory_.set(inputs[i], further_input(i, x));
    }
  }

  /// The inputs that lie in `packed`, and the defaults of the others.
  void set_several(const at::Tensor& packed) {
    const auto inputs = program_.graph->inputs();
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      const IValue* fallback = program_.default_of(i - 1);
      if (fallback != nullptr) memory_.set(inputs[i], *fallback);
    }
    const std::vector<at::Tensor> all =
        unpacked(program_.options.inputs, packed);
    for (std::size_t i = 0; i < all.size(); ++i) {
      check_input(program_, program_.places[i], all[i]);
      memory_.set(inputs[program_.places[i] + 1], all[i]);
    }
  }

  const IValue& value(const Value* name) const { return memory_.at(name); }

  /// The words of the pass. Where noise stands for their embeddings, they are
  /// all word 0, whose lookup is left out.
  at::Tensor words_for(const at::Tensor& given, const at::Tensor& words) {
    const bool embedded = given.is_floating_point();
    if (program_.words == nullptr && embedded) return given;
    const at::Tensor& read = embedded ? words : given;
    if (embedded) {
      if (given.dim() != 3) {
        throw std::invalid_argument("takes words, found real numbers");
      }
      embeddings_ = given;
    }
    if (read.defined() && !read.is_floating_point()) {
      return takes_mask(program_) ? shown_words(read) : read;
    }
    if (program_.reads_words_again) {
      throw std::invalid_argument(
          "reads its words beside their embeddings, too, which no noise or "
          "ones can stand for");
    }
    return at::zeros(
        {given.size(0), given.size(1)}, given.options().dtype(at::kLong));
  }

  void set_hidden(const at::Tensor& words) {
    if (words.is_floating_point() || !takes_mask(program_)) return;
    const at::Tensor hidden = words < 0;
    if (hidden.any().item<bool>()) hidden_ = hidden;
  }

  /// PyTorch's padding masks are true where a word is hidden, all others 1
  /// where it is seen.
  at::Tensor mask(const std::string& name, const at::Tensor& x) const {
    const at::Tensor hidden =
        hidden_.defined() ? hidden_ : at::zeros_like(x).to(at::kBool);
    if (name.find("padding") != std::string::npos) return hidden;
    return hidden.logical_not().to(x.scalar_type());
  }

  /// An input after the first: its default or, beside words, their mask or
  /// their types and segments, which are all the first.
  IValue further_input(std::size_t i, const at::Tensor& x) const {
    const std::string name = program_.graph->inputs()[i]->debugName();
    const bool words = !x.is_floating_point();
    const bool masks = words && is_mask(name);
    if (masks && hidden_.defined()) return mask(name, x);
    const IValue* fallback = program_.default_of(i - 1);
    if (fallback != nullptr) return *fallback;
    if (masks) return mask(name, x);
    if (words && (name.find("type") != std::string::npos ||
                  name.find("segment") != std::string::npos)) {
      return at::zeros_like(x);
    }
    throw std::invalid_argument(
        "forward takes " + std::to_string(program_.graph->inputs().size() - 1) +
        " inputs without defaults, expected " +
        (words ? "words alone, or with a mask and token types (found '" + name +
                     "')"
               : std::string(
                     "the images alone; several inputs lie in a tuple or a "
                     "dict in 'x' of --task tensors")));
  }

  void run_block(const Block& block) {
    const bool blocks = records_blocks();
    const bool queries = recording_ != nullptr && recording_->scope.attention &&
                         !program_.queries.empty();
    for (const Node* node : block.nodes()) {
      const NodePlan& plan = program_.plans.at(node);
      if (plan.deferred && fuses()) continue;
      if (plan.fused != nullptr && fuses()) {
        run_together(*node, *plan.fused);
      } else {
        run_node(*node);
      }
      for (const Value* made : node->outputs()) {
        if (blocks) record_block(made);
        if (queries) keep_query(made);
      }
      for (const Value* read : plan.done) memory_.drop(read);
    }
  }

  /// Whether nodes may run together: where nobody looks at what is between
  /// them.
  bool fuses() const {
    return channels_last_ && type_ != at::kDouble &&
           batch_norm_ == BatchNormMode::batch_statistics &&
           !(recording_ != nullptr && recording_->scope.everything);
  }

  /// `last` and the nodes before it in one pass over memory, or one by one
  /// where the tensors do not allow that.
  void run_together(const Node& last, const FusedNodes& nodes) {
    std::vector<kernels::BatchMoments> moments(nodes.terms.size());
    std::vector<kernels::SumTerm> terms;
    for (std::size_t k = 0; k < nodes.terms.size(); ++k) {
      terms.push_back(term_of(nodes.terms[k], moments[k]));
    }
    if (!std::ranges::all_of(terms, [&](const kernels::SumTerm& term) {
          return is_like(term.x, terms[0].x);
        })) {
      for (const Node* node : nodes.before) run_node(*node);
      return run_node(last);
    }
    const at::Tensor y = kernels::sum_of_batch_norms(
        terms, {.relu = nodes.relu, .ceiling = nodes.ceiling})[0];
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (terms[k].moments == nullptr) continue;
      LayerCall call;
      begin_call(
          program_.plans.at(nodes.terms[k].norm),
          arguments(*nodes.terms[k].norm),
          call);
      call.batch_variance = kernels::recorded_variance(moments[k]);
      recording_->calls.push_back(std::move(call));
    }
    const NodePlan& plan = program_.plans.at(&last);
    if (recording_ != nullptr && recording_->scope.records(plan.kind)) {
      LayerCall call;
      begin_call(plan, {}, call);
      call.output = y;
      recording_->calls.push_back(std::move(call));
    }
    set(last, y);
  }

  kernels::SumTerm term_of(
      const FusedTerm& term,
      kernels::BatchMoments& moments) const {
    kernels::SumTerm made;
    if (term.norm == nullptr) {
      const IValue& x = value(term.value);
      if (x.isTensor()) made.x = x.toTensor();
      return made;
    }
    const Stack given = arguments(*term.norm);
    const auto tensor = [&](std::size_t i) {
      return given[i].isTensor() ? given[i].toTensor() : at::Tensor();
    };
    const bool wanted =
        recording_ != nullptr && recording_->scope.records_variances();
    return {
        tensor(0),
        true,
        tensor(1),
        tensor(2),
        given[7].toDouble(),
        wanted ? &moments : nullptr,
        kernels::NormRounding::as_planes};
  }

  static bool is_like(const at::Tensor& x, const at::Tensor& first) {
    return x.defined() && x.device().is_cpu() && kernels::sums_batch_norms(x) &&
           !is_row(x) && x.sizes() == first.sizes() &&
           x.scalar_type() == first.scalar_type();
  }

  /// Maps of one pixel in float32: LibTorch sums them in float32, and its
  /// numbers are wanted.
  static bool is_row(const at::Tensor& x) {
    return x.dim() == 4 && x.size(2) * x.size(3) == 1 &&
           x.scalar_type() == at::kFloat;
  }

  void run_node(const Node& node) {
    switch (node.kind()) {
      case prim::Constant:
        return set(node, constant(node));
      case prim::GetAttr:
        return set(node, attribute(node));
      case prim::SetAttr:
        return memory_.set_attribute(
            value(node.inputs()[0]),
            node.s(c10::attr::name),
            value(node.inputs()[1]));
      case prim::ListConstruct:
        return set(node, list(node));
      case prim::TupleConstruct:
        return set(node, tuple(node));
      case prim::TupleSlice:
        return set(node, tuple_slice(node));
      case prim::DictConstruct:
        return set(node, dict(node));
      case prim::CreateObject:
        return set(node, new_object(node));
      case prim::Enter:
        return enter(node);
      case prim::Exit:
        return leave(node);
      case prim::isinstance:
        return set(node, is_instance(node));
      case prim::RaiseException:
        throw std::runtime_error(
            "raises an exception: " + value(node.inputs()[0]).toStringRef());
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
    memory_.set(node.output(), std::move(result));
  }

  bool records_blocks() const {
    return recording_ != nullptr && recording_->scope.everything &&
           !program_.blocks.empty();
  }

  /// Keeps what a node has just made where it is a block's output: what writes
  /// into it later writes into a copy.
  void record_block(const Value* made) const {
    const auto found = program_.blocks.find(made);
    if (found == program_.blocks.end()) return;
    recording_->blocks[static_cast<std::size_t>(found->second)] =
        value(made).toTensor();
  }

  /// The same of a query, which some networks scale by writing into it.
  void keep_query(const Value* made) {
    if (program_.queries.contains(made))
      queries_[made] = value(made).toTensor();
  }

  /// A query as it was made.
  at::Tensor take_query(const Value* name) {
    const auto kept = queries_.extract(name);
    return kept.empty() ? value(name).toTensor() : kept.mapped();
  }

  void unpack(const Node& node, const std::vector<IValue>& elements) {
    if (elements.size() != node.outputs().size()) {
      throw std::invalid_argument(
          "unpacks a list of " + std::to_string(elements.size()) + " into " +
          std::to_string(node.outputs().size()) + " names");
    }
    for (std::size_t i = 0; i < elements.size(); ++i) {
      memory_.set(node.outputs()[i], elements[i]);
    }
  }

  std::vector<IValue> arguments(const Node& node) const {
    std::vector<IValue> result;
    for (const Value* input : node.inputs()) result.push_back(value(input));
    return result;
  }

  /// A number of a trace is a tensor, too, and of this network's type. A
  /// function is no value: its calls are inlined.
  IValue constant(const Node& node) const {
    IValue held = torch::jit::toIValue(node.output()).value_or(IValue());
    return held.isTensor() ? in_this_pass(held) : held;
  }

  IValue list(const Node& node) const {
    Stack stack = arguments(node);
    const auto type = node.output()->type()->expect<c10::ListType>();
    c10::List<IValue> items(type->getElementType());
    for (IValue& item : stack) items.push_back(std::move(item));
    return IValue(std::move(items));
  }

  IValue tuple(const Node& node) const {
    return tuple_of(
        arguments(node), node.output()->type()->cast<c10::TupleType>());
  }

  IValue tuple_slice(const Node& node) const {
    const auto& elements = value(node.input()).toTupleRef().elements();
    std::vector<IValue> part;
    for (auto i = node.i(c10::attr::beg); i < node.i(c10::attr::end); ++i) {
      part.push_back(elements[static_cast<std::size_t>(i)]);
    }
    return c10::ivalue::Tuple::create(std::move(part));
  }

  IValue dict(const Node& node) const {
    const auto type = node.output()->type()->expect<c10::DictType>();
    c10::impl::GenericDict entries(type->getKeyType(), type->getValueType());
    const std::vector<IValue> items = arguments(node);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      entries.insert_or_assign(items[i], items[i + 1]);
    }
    return IValue(std::move(entries));
  }

  static IValue new_object(const Node& node) {
    const auto type = node.output()->type()->expect<c10::ClassType>();
    return c10::ivalue::Object::create(
        c10::StrongTypePtr(type->compilation_unit(), type),
        type->numAttributes());
  }

  IValue is_instance(const Node& node) const {
    const auto type = value(node.input()).type();
    const auto& candidates = node.tys(c10::attr::types);
    return std::ranges::any_of(candidates, [&](const c10::TypePtr& candidate) {
      return type->isSubtypeOf(*candidate);
    });
  }

  /// A `with` statement. Those that switch gradients do so; others, such as
  /// profilers, have no influence on what is computed.
  void enter(const Node& node) {
    entered_.push_back(gradients_);
    const std::string name = node.input()->type()->str();
    if (name.ends_with("no_grad") || name.ends_with("inference_mode")) {
      switch_gradients(false);
    } else if (name.ends_with("enable_grad")) {
      switch_gradients(true);
    }
    set(node, IValue());
  }

  void leave(const Node& node) {
    switch_gradients(entered_.back());
    entered_.pop_back();
    set(node, IValue());
  }

  /// The pass never computes more gradients than its caller wants.
  void switch_gradients(bool on) {
    gradients_ = on;
    at::GradMode::set_enabled(on && outer_gradients_);
  }

  /// An attribute of a module: parameters come from this network, buffers in
  /// the network's type.
  IValue attribute(const Node& node) {
    const IValue owner = value(node.input());
    const std::string& name = node.s(c10::attr::name);
    if (const IValue* kept = memory_.attribute(owner, name)) return *kept;
    IValue held = in_this_pass(owner.toObjectRef().getAttr(name));
    memory_.set_attribute(owner, name, held);
    return held;
  }

  /// What a module or a file holds, with this network's parameters and with
  /// other tensors of its type. Lists and dicts are copies: the program may
  /// write into them, and each pass begins with what the file says.
  IValue in_this_pass(const IValue& held) const {
    if (held.isTensorList()) {
      c10::List<at::Tensor> tensors;
      for (const at::Tensor& one : held.toTensorVector()) {
        tensors.push_back(in_this_pass(IValue(one)).toTensor());
      }
      return tensors;
    }
    if (held.isList()) {
      c10::List<IValue> items = held.toList().copy();
      for (std::size_t i = 0; i < items.size(); ++i) {
        items.set(i, in_this_pass(items.get(i)));
      }
      return items;
    }
    if (held.isGenericDict()) {
      c10::impl::GenericDict entries = held.toGenericDict().copy();
      for (const auto& entry : entries) {
        entry.setValue(in_this_pass(entry.value()));
      }
      return entries;
    }
    if (held.isTuple()) {
      std::vector<IValue> elements = held.toTupleRef().elements().vec();
      for (IValue& element : elements) element = in_this_pass(element);
      return tuple_of(std::move(elements), held.toTupleRef().type());
    }
    if (!held.isTensor() || !held.toTensor().defined()) return held;
    const at::Tensor& tensor = held.toTensor();
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
      memory_.set(node.outputs()[i], IValue(value(block.outputs()[i])));
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
      memory_.set(body.inputs()[0], step);
      for (std::size_t i = 0; i < carried.size(); ++i) {
        memory_.set(body.inputs()[i + 1], carried[i]);
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
    if (plan.treatment == Treatment::ignored) return;
    if (plan.treatment == Treatment::no_fast_way) return set(node, true);
    if (&node == program_.words && embeddings_.defined()) {
      return set(node, embeddings_);
    }
    Stack stack = arguments(node);
    if (plan.treatment == Treatment::gradients) {
      return answer_gradients(node, stack);
    }
    for (const auto& [place, with] : plan.replaced) stack[place] = with;
    if (plan.dtype >= 0) convert(plan, stack);
    const bool named =
        plan.kind == LayerKind::conv && plan.recorded && stack[4].isString();
    if (named) number_padding(stack);
    LayerCall call;
    const bool recorded = recording_ != nullptr && plan.recorded &&
                          recording_->scope.records(plan.kind) &&
                          is_activation(input_of(plan, stack));
    if (recorded) {
      begin_call(plan, stack, call);
      add_variance(input_of(plan, stack), call);
    }
    const Stack given = stack;
    execute(node, plan, named, stack);
    const std::size_t count = node.outputs().size();
    if (recorded) {
      call.output = stack[stack.size() - count].toTensor();
      call.macs = plan.contraction
                      ? count_contraction_macs(plan.name, given, call.output)
                      : count_macs(given, call, call.output);
      recording_->calls.push_back(std::move(call));
    }
    for (std::size_t i = 0; i < count; ++i) {
      memory_.set(node.outputs()[i], stack[stack.size() - count + i]);
    }
    if (recording_ != nullptr && recording_->scope.attention) {
      record_attention(node, given);
    }
  }

  /// Of scaled_dot_product_attention(query, key, value, mask, dropout, causal,
  /// scale, grouped); older files end earlier.
  static at::Tensor fused_attention_weights(const Stack& given) {
    const at::NoGradGuard no_grad;
    kernels::Optional<at::Tensor> mask;
    if (given.size() > 3 && given[3].isTensor()) mask = given[3].toTensor();
    kernels::Optional<double> scale;
    if (given.size() > 6 && given[6].isDouble()) scale = given[6].toDouble();
    return attention_weights(
        given[0].toTensor(),
        given[1].toTensor(),
        mask,
        given.size() > 5 && given[5].toBool(),
        scale,
        given.size() > 7 && given[7].toBool());
  }

  /// Keeps what attention has computed with, where the node is its last one.
  void record_attention(const Node& node, const Stack& given) {
    const auto found = program_.attentions.find(&node);
    if (found == program_.attentions.end()) return;
    const AttentionPlan& plan = found->second;
    AttentionCall call;
    call.query = take_query(plan.query);
    call.key = value(plan.key).toTensor();
    call.value = value(plan.value).toTensor();
    call.output = value(node.output()).toTensor();
    if (plan.softmax != nullptr) {
      call.key = call.key.transpose(-2, -1);
      call.weights = value(plan.softmax->output()).toTensor();
    } else {
      call.weights = fused_attention_weights(given);
    }
    recording_->attentions.push_back(std::move(call));
  }

  /// Where a file that computes in float32 or less says so, or leaves a new
  /// tensor of real numbers the usual type, it is of the type that this pass
  /// computes in: how precise a pass is is the protocol's to say, not that of a
  /// trace under autocast.
  void convert(const NodePlan& plan, Stack& arguments) const {
    const auto place = static_cast<std::size_t>(plan.dtype);
    IValue& dtype = arguments[place];
    const bool single = dtype.isInt() && is_single(dtype.toScalarType());
    const bool usual =
        dtype.isNone() &&
        makes_real_numbers(
            plan.name, std::span<const IValue>(arguments).first(place));
    if (single || usual) dtype = type_;
  }

  /// Whether an operator makes real numbers where it is not told a type;
  /// `given` are its arguments before that.
  static bool makes_real_numbers(
      const std::string& name,
      std::span<const IValue> given) {
    constexpr std::array kAlways{
        "zeros", "ones", "empty", "rand", "randn", "eye", "linspace"};
    constexpr std::array kByValue{"full", "arange", "tensor", "scalar_tensor"};
    const auto is = [&](const char* one) { return name == one; };
    if (std::ranges::any_of(kAlways, is)) return true;
    return std::ranges::any_of(kByValue, is) &&
           std::ranges::any_of(
               given, [](const IValue& one) { return one.isDouble(); });
  }

  /// What a layer computes from; undefined where that is no tensor. Of several
  /// tensors in a list it is the first.
  static at::Tensor input_of(const NodePlan& plan, const Stack& arguments) {
    const auto place = static_cast<std::size_t>(plan.activation);
    if (arguments.size() <= place) return {};
    const IValue& value = arguments[place];
    if (value.isTensor()) return value.toTensor();
    if (!value.isTensorList() || value.toTensorList().empty()) return {};
    return value.toTensorList().get(0);
  }

  /// Runs the operator in the way that its plan says: `stack` holds the
  /// arguments and ends with the results afterwards.
  void execute(
      const Node& node,
      const NodePlan& plan,
      bool numbered_padding,
      Stack& stack) {
    if (plan.name == "avg_pool2d") {
      stack[0] = kernels::pool_input(stack[0].toTensor());
    }
    if (plan.treatment == Treatment::batch_norm) {
      stack = {normalise(stack)};
      return;
    }
    if (plan.treatment == Treatment::dropout) {
      const at::Tensor x = stack[0].toTensor();
      stack = {x};  // some return the mask, too
      if (node.outputs().size() > 1) {
        stack.emplace_back(at::ones_like(x, at::kBool));
      }
      return;
    }
    if (plan.in_place && stack[0].isTensor()) {
      // A copy is of the gradients that the tensor has, wherever it is made.
      const at::AutoGradMode outer(outer_gradients_);
      stack[0] = memory_.own_copy(stack[0].toTensor());
    }
    if (plan.treatment == Treatment::mean) {
      stack = {mean_mask(plan, stack)};
      return;
    }
    if (plan.treatment == Treatment::seeded ||
        plan.treatment == Treatment::zeros) {
      return draw_seeded(node, plan, draw_seed(plan), stack);
    }
    if (channels_last_ && run_on_maps(plan, stack)) return;
    if (numbered_padding) {
      stack = {convolve(stack)};
      return;
    }
    run_plainly(node, plan, stack);
  }

  /// Operators that PyTorch's attention takes in place of its layers where no
  /// gradients are computed. Scripts hold both ways and take the other one
  /// here.
  static bool is_fused(const std::string& name) {
    return name == "_transformer_encoder_layer_fwd" ||
           name == "_native_multi_head_attention";
  }

  static void
  run_plainly(const Node& node, const NodePlan& plan, Stack& stack) {
    if (!plan.operation) {
      throw std::invalid_argument(
          std::string("no way to run ") + node.kind().toQualString());
    }
    if (is_fused(plan.name)) {
      throw std::invalid_argument(
          std::string("uses ") + node.kind().toQualString() +
          ", attention in one piece, whose layers cannot be seen; expected a "
          "module that was traced with gradients enabled");
    }
    if (plan.name == "instance_norm") {
      // As BatchNorm it runs as in training, whatever mode the file was written
      // in; the statistics of the module stay as they are.
      stack[3] = IValue();
      stack[4] = IValue();
      stack[5] = true;
    }
    if (plan.variadic) {
      stack.emplace_back(static_cast<std::int64_t>(node.inputs().size()));
    }
    const bool gelu = plan.name == "gelu";
    const at::Tensor x = gelu ? stack[0].toTensor() : at::Tensor();
    torch::jit::Operation operation = *plan.operation;  // calls are not const
    operation(stack);
    if (gelu) kernels::lay_out_gelu_gradient(stack.back().toTensor(), x);
  }

  /// The seed of what a node draws at its n-th execution in this pass.
  std::uint64_t draw_seed(const NodePlan& plan) {
    const std::uint64_t time = draws_[plan.place]++;
    return derive_seed(
        program_.options.seed, "script", hash_combine(plan.place, time));
  }

  /// conv2d(x, w, b, stride, padding, dilation, groups).
  static at::Tensor convolve(const Stack& arguments) {
    const std::vector<std::int64_t> padding = arguments[4].toIntVector();
    const auto numbers = [&](std::size_t place) {
      std::vector<std::int64_t> all = arguments[place].toIntVector();
      if (all.size() == 1) all.resize(padding.size(), all[0]);
      return all;
    };
    return at::convolution(
        arguments[0].toTensor(),
        arguments[1].toTensor(),
        arguments[2].isTensor() ? arguments[2].toTensor() : at::Tensor(),
        numbers(3),
        padding,
        numbers(5),
        false,
        std::vector<std::int64_t>(padding.size(), 0),
        arguments[6].toInt());
  }

  void answer_gradients(const Node& node, const Stack& arguments) {
    if (arguments.empty()) return set(node, gradients_);
    switch_gradients(arguments[0].toBool());
  }

  /// aten::batch_norm(x, weight, bias, mean, variance, training, momentum,
  /// eps, cudnn) in the mode asked for.
  at::Tensor normalise(const Stack& arguments) const {
    const at::Tensor x = arguments[0].toTensor();
    // Not x itself, which an in-place operator would change with the result.
    if (batch_norm_ == BatchNormMode::bypass) return x.clone();
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
    // LibTorch's sums of float32 cost three digits of a gradient on devices,
    // and with the channels last.
    const bool own = !x.device().is_cpu() || (channels_last_ && !is_row(x));
    if (train && own && kernels::sums_batch_norms(x)) {
      return kernels::batch_norm_of_batch(
          x,
          tensor(1),
          tensor(2),
          arguments[7].toDouble(),
          nullptr,
          kernels::NormRounding::as_planes);
    }
    if (!train) {
      return kernels::batch_norm_of_statistics(
          x,
          tensor(1),
          tensor(2),
          tensor(3),
          tensor(4),
          arguments[7].toDouble());
    }
    return at::batch_norm(
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

  /// False for the arithmetic on shapes that traces are full of.
  static bool is_activation(const at::Tensor& tensor) {
    return tensor.defined() && tensor.dim() >= 2 && tensor.is_floating_point();
  }

  /// What is known of a call before it runs.
  void begin_call(const NodePlan& plan, const Stack& arguments, LayerCall& call)
      const {
    call.kind = plan.kind;
    const at::Tensor x = input_of(plan, arguments);
    const RecordingScope& scope = recording_->scope;
    if (scope.records_input(plan.kind)) call.input = x;
    call.live = plan.live;
    call.uses = plan.uses;
    call.role = plan.role;
    call.parts = plan.parts;
    call.to_activation = plan.to_activation;
    call.from_activation = plan.from_activation;
    const bool module = plan.kind != LayerKind::sum && !plan.contraction;
    if (!module) call.calls = 0;
    if (plan.kind == LayerKind::batch_norm) {
      if (arguments[4].isTensor()) {
        call.running_variance = arguments[4].toTensor();
      }
      if (arguments[1].isTensor())
        call.scale = index_of(arguments[1].toTensor());
    }
    describe_layer(plan.name, arguments, call);
    const at::Tensor& weight = call.used_weight;
    const bool plain = plan.kind == LayerKind::conv
                           ? !call.transposed
                           : weight.defined() && weight.dim() == 2;
    if (weight.defined() && plain) call.weight = index_of(weight);
  }

  /// Of a BatchNorm of x the batch's variance, where it is asked for.
  void add_variance(const at::Tensor& x, LayerCall& call) const {
    if (recording_->scope.records_variances() &&
        batch_norm_ == BatchNormMode::batch_statistics &&
        call.kind == LayerKind::batch_norm && x.dim() == 4) {
      call.batch_variance =
          kernels::recorded_variance(kernels::channel_moments(x.detach()));
    }
  }

  /// The parameter that a tensor is, in the same shape or, where it is a matrix
  /// [in, out], transposed; -1 for none.
  int index_of(const at::Tensor& tensor) const {
    at::Tensor base = tensor;
    if (tensor.is_view()) base = at::Tensor(tensor._base());
    const auto found = index_.find(base.unsafeGetTensorImpl());
    if (found == index_.end()) return -1;
    const auto alike = [&](const at::Tensor& one) {
      return one.sizes() == tensor.sizes() &&
             one.strides() == tensor.strides() &&
             one.storage_offset() == tensor.storage_offset();
    };
    const bool same = alike(base) || (base.dim() == 2 && alike(base.t()));
    return same ? found->second : -1;
  }

  const ScriptProgram& program_;
  const std::vector<Parameter>& parameters_;
  const BatchNormMode batch_norm_;
  Recording* const recording_;
  const bool outer_gradients_ = at::GradMode::is_enabled();
  bool gradients_ = true;      ///< what the program is told of them
  std::vector<bool> entered_;  ///< what they were before each `with`
  std::unordered_map<std::uint64_t, std::uint64_t> draws_;  ///< by place
  at::ScalarType type_ = at::kFloat;
  bool channels_last_ = false;  ///< how maps lie, and by whose kernels
  at::Tensor embeddings_;  ///< in place of words; undefined: there are none
  at::Tensor hidden_;      ///< by a mask, booleans; undefined: no word is
  ScriptMemory memory_;
  std::unordered_map<const Value*, at::Tensor> queries_;
  std::unordered_map<const c10::TensorImpl*, int> index_;
};

}  // namespace

bool takes_mask(const ScriptProgram& program) {
  const auto inputs = program.graph->inputs();
  for (std::size_t i = 2; i < inputs.size(); ++i) {
    if (is_mask(inputs[i]->debugName())) return true;
  }
  return false;
}

at::Tensor shown_words(const at::Tensor& words) {
  return at::where(words < 0, -1 - words, words);
}

at::Tensor run_script(
    const ScriptProgram& program,
    const std::vector<Parameter>& parameters,
    const at::Tensor& x,
    BatchNormMode batch_norm,
    Recording* recording,
    const at::Tensor& words) {
  return ScriptPass(program, parameters, batch_norm, recording).run(x, words);
}

}  // namespace zcp::networks
