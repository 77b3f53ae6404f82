#include "nets/networks/exported_translate.h"

#include <fmt/format.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/one_of.h"
#include "nets/networks/exported_constants.h"

namespace zcp::networks {
namespace {

using torch::jit::Node;
using torch::jit::Operator;
using torch::jit::Value;
using Kind = ExportedArgument::Kind;
namespace prim = torch::jit::prim;

constexpr std::string_view kOperators = "torch.ops.";

/// Python's arithmetic on sizes, and TorchScript's operators of the same.
const std::map<std::string, std::pair<const char*, const char*>>& arithmetic() {
  static const std::map<std::string, std::pair<const char*, const char*>> kAll{
      {"_operator.add", {"aten::add", "int"}},
      {"_operator.sub", {"aten::sub", "int"}},
      {"_operator.mul", {"aten::mul", "int"}},
      {"_operator.floordiv", {"aten::floordiv", "int"}},
      {"_operator.truediv", {"aten::div", "int"}},
      {"_operator.mod", {"aten::remainder", "int"}},
      {"_operator.neg", {"aten::neg", "int"}},
      {"_operator.eq", {"aten::eq", "int"}},
      {"_operator.ne", {"aten::ne", "int"}},
      {"_operator.lt", {"aten::lt", "int"}},
      {"_operator.le", {"aten::le", "int"}},
      {"_operator.gt", {"aten::gt", "int"}},
      {"_operator.ge", {"aten::ge", "int"}},
      {"_operator.not_", {"aten::__not__", ""}},
      {"torch.sym_not", {"aten::__not__", ""}},
      {"torch.sym_max", {"prim::max", "int"}},
      {"torch.sym_min", {"prim::min", "int"}},
      {"torch.sym_float", {"aten::Float", "int"}},
      {"torch.sym_int", {"aten::Int", "float"}},
      {"math.ceil", {"aten::ceil", "float"}},
      {"math.floor", {"aten::floor", "float"}}};
  return kAll;
}

/// A check of sizes, or of what depends on data, that computes nothing.
bool is_check(std::string_view name) {
  return name.starts_with("_assert") || name.starts_with("sym_constrain_range");
}

class Translation {
 public:
  Translation(const ExportedProgram& exported, ScriptProgram& program)
      : exported_(exported),
        program_(program),
        graph_(std::make_shared<torch::jit::Graph>()),
        arguments_(*graph_, [this](const std::string& name) {
          return find(name);
        }) {
    program_.module = torch::jit::Module("Exported");
    program_.graph = graph_;
    program_.exported = true;
  }

  void run() {
    add_tensors();
    self_ = graph_->addInput("self");
    self_->setType(program_.module.type());
    add_inputs();
    for (const ExportedNode& node : exported_.graph.nodes) translate(node);
    at_ = nullptr;
    remember_sizes();
    graph_->registerOutput(output(exported_.output));
  }

 private:
  /// Parameters in the order in which the module declares them, then the rest.
  void add_tensors() {
    ExportedTensors tensors;
    std::map<std::string, bool> added;
    for (const bool trained : {true, false}) {
      for (const ExportedInput& input : exported_.inputs) {
        if (input.kind != ExportedInput::Kind::tensor) continue;
        const ExportedTensor& stored = exported_.tensors.at(input.target);
        if (stored.trainable != trained || added[input.target]) continue;
        added[input.target] = true;
        const at::Tensor tensor = tensors.tensor(stored);
        const bool trains = trained && tensor.is_floating_point();
        if (trains) {
          program_.module.register_parameter(
              input.target, tensor.detach().requires_grad_(true), false);
        } else if (input.is_parameter) {  // frozen
          program_.module.register_parameter(
              input.target, tensor.detach(), false);
        } else {
          program_.module.register_buffer(input.target, tensor);
        }
      }
    }
  }

  void add_inputs() {
    for (const ExportedInput& input : exported_.inputs) {
      switch (input.kind) {
        case ExportedInput::Kind::tensor:
          attributes_[input.name] = input.target;
          break;
        case ExportedInput::Kind::given:
          values_[input.name] = graph_->addInput(input.name);
          remember_input(input.name);
          break;
        case ExportedInput::Kind::constant:
          values_[input.name] =
              arguments_.value(input.constant, c10::AnyType::get());
          break;
        default:
          break;
      }
    }
  }

  /// What an input has to be. The program's own type is that of the first of
  /// real numbers.
  void remember_input(const std::string& name) {
    program_.input_names.push_back(name);
    auto& axes = program_.axes.emplace_back();
    auto& type = program_.types.emplace_back();
    const auto found = exported_.meta.find(name);
    if (found == exported_.meta.end()) return;
    axes = found->second.axes;
    const auto dtype = static_cast<at::ScalarType>(found->second.dtype);
    values_[name]->setType(c10::TensorType::get()->withScalarType(dtype));
    const auto is_real = [](const auto& one) {
      return one && at::isFloatingType(*one);
    };
    const bool first = std::ranges::none_of(program_.types, is_real);
    type = dtype;
    if (first && is_real(type)) arguments_.set_own_type(found->second.dtype);
  }

  /// What a node or an input made.
  Value* find(const std::string& name) {
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    const auto attribute = attributes_.find(name);
    if (attribute == attributes_.end()) {
      refuse(fmt::format("found a value '{}' that nothing makes", name));
    }
    Value* const value = graph_->insertGetAttr(self_, attribute->second);
    value->setType(c10::TensorType::get());
    return values_[name] = value;
  }

  /// Adds one of the file's nodes.
  void translate(const ExportedNode& node) {
    at_ = &node;
    const Node* before = *graph_->nodes().rbegin();
    try {
      translate_by_name(node);
    } catch (const UserError&) {
      throw;
    } catch (const std::invalid_argument& error) {
      refuse(fmt::format("operator {}: {}", node.target, error.what()));
    }
    if (node.modules.empty()) return;
    for (const Node* made = *graph_->nodes().rbegin(); made != before;
         made = made->prev()) {
      program_.modules.emplace(made, node.modules);
    }
  }

  void remember_sizes() {
    for (const auto& [name, value] : values_) {
      const auto meta = exported_.meta.find(name);
      if (meta == exported_.meta.end()) continue;
      auto& sizes = program_.sizes[value];
      for (const ExportedAxis& axis : meta->second.axes) {
        sizes.push_back(axis.size);
      }
    }
  }

  void translate_by_name(const ExportedNode& node) {
    if (const auto found = arithmetic().find(node.target);
        found != arithmetic().end()) {
      return compute_size(node, found->second.first, found->second.second);
    }
    if (node.target.ends_with("wrap_with_set_grad_enabled")) {
      return inline_with_gradients(node);
    }
    if (!node.target.starts_with(kOperators) ||
        node.target.starts_with("torch.ops.higher_order.")) {
      refuse_operator(node.target);
    }
    const std::string full = node.target.substr(kOperators.size());
    const std::size_t dot = full.find('.');
    const std::size_t last = full.rfind('.');
    if (dot == std::string::npos || last == dot) refuse_operator(full);
    const std::string name = full.substr(dot + 1, last - dot - 1);
    std::string overload = full.substr(last + 1);
    if (overload == "default") overload.clear();
    if (full.starts_with("aten.") && translate_layer(node, name, overload)) {
      return;
    }
    translate_plainly(node, full.substr(0, dot) + "::" + name, overload);
  }

  /// What decomposed graphs and symbolic shapes say in their own way.
  bool translate_layer(
      const ExportedNode& node,
      const std::string& name,
      const std::string& overload) {
    if (is_check(name)) return true;
    if (name == "sym_size" && overload == "int") {
      translate_plainly(node, "aten::size", "int");
      return true;
    }
    if (name == "sym_numel") {
      translate_plainly(node, "aten::numel", "");
      return true;
    }
    if (name == "lift_fresh_copy" || name == "lift_fresh") {
      translate_plainly(node, "aten::clone", "");
      return true;
    }
    if (is_batch_norm(name)) return translate_batch_norm(node);
    if (name == "native_layer_norm") return translate_layer_norm(node);
    if (name == "native_group_norm") return translate_group_norm(node);
    if (name == "permute") return translate_permute(node);
    if (name == "mean" && overload == "dim") return translate_pool(node);
    if (name == "squeeze" && overload == "dims") return squeeze_axes(node);
    if (name.starts_with("_scaled_dot_product_")) {
      return translate_attention(node);
    }
    return false;
  }

  static bool is_batch_norm(const std::string& name) {
    return one_of(
        name,
        {"_native_batch_norm_legit",
         "_native_batch_norm_legit_functional",
         "_native_batch_norm_legit_no_training",
         "native_batch_norm",
         "cudnn_batch_norm",
         "_batch_norm_with_update",
         "_batch_norm_with_update_functional",
         "_batch_norm_no_update",
         "_batch_norm_impl_index"});
  }

  /// An instance norm comes as a batch norm of one sample whose channels are
  /// those of all samples; whoever bypasses BatchNorms must not bypass it.
  bool is_instance_norm(const ExportedNode& node) const {
    const auto meta = exported_.meta.find(argument(node, "input")->text);
    const bool one = meta != exported_.meta.end() &&
                     !meta->second.axes.empty() &&
                     meta->second.axes[0].size == 1;
    const bool any = program_.axes.empty() || program_.axes[0].empty();
    return one && (any || program_.axes[0][0].size != 1);
  }

  bool translate_batch_norm(const ExportedNode& node) {
    if (argument(node, "input") == nullptr) return false;
    const bool instances = is_instance_norm(node);
    const auto named = [&](const char* name, const char* other) {
      return argument(node, name) != nullptr ? name : other;
    };
    const ExportedArgument* trains = argument(node, named("training", "train"));
    const bool training = trains != nullptr && trains->integer != 0;
    const auto tensor = [&](const char* name) {
      return read(node, name, c10::TensorType::get());
    };
    Value* const none = arguments_.constant({});
    const bool statistics = !instances || !training;
    add_first(
        node,
        emit(
            instances ? "aten::instance_norm" : "aten::batch_norm",
            "",
            {tensor("input"),
             tensor("weight"),
             tensor("bias"),
             statistics ? tensor("running_mean") : none,
             statistics ? tensor("running_var") : none,
             arguments_.constant(training),
             read(
                 node,
                 named("momentum", "exponential_average_factor"),
                 c10::FloatType::get()),
             read(node, named("eps", "epsilon"), c10::FloatType::get()),
             arguments_.constant(false)}));
    return true;
  }

  bool translate_layer_norm(const ExportedNode& node) {
    const auto ints = c10::ListType::ofInts();
    add_first(
        node,
        emit(
            "aten::layer_norm",
            "",
            {read(node, "input", c10::TensorType::get()),
             read(node, "normalized_shape", ints),
             read(node, "weight", c10::TensorType::get()),
             read(node, "bias", c10::TensorType::get()),
             read(node, "eps", c10::FloatType::get()),
             arguments_.constant(false)}));
    return true;
  }

  bool translate_group_norm(const ExportedNode& node) {
    add_first(
        node,
        emit(
            "aten::group_norm",
            "",
            {read(node, "input", c10::TensorType::get()),
             read(node, "group", c10::IntType::get()),
             read(node, "weight", c10::TensorType::get()),
             read(node, "bias", c10::TensorType::get()),
             read(node, "eps", c10::FloatType::get()),
             arguments_.constant(false)}));
    return true;
  }

  /// permute(w, [1, 0]) is how decomposed linear layers transpose their weight.
  bool translate_permute(const ExportedNode& node) {
    const ExportedArgument* dims = argument(node, "dims");
    if (dims == nullptr || dims->items.size() != 2 ||
        dims->items[0].kind != Kind::integer || dims->items[0].integer != 1 ||
        dims->items[1].integer != 0) {
      return false;
    }
    add_first(
        node,
        emit("aten::t", "", {read(node, "self", c10::TensorType::get())}));
    return true;
  }

  /// mean(x, [-1, -2], True) is how decompositions write a global average pool.
  bool translate_pool(const ExportedNode& node) {
    const ExportedArgument* axes = argument(node, "dim");
    const ExportedArgument* kept = argument(node, "keepdim");
    const auto meta = exported_.meta.find(argument(node, "self")->text);
    if (axes == nullptr || kept == nullptr || kept->integer == 0 ||
        axes->items.size() != 2 || axes->items[0].integer != -1 ||
        axes->items[1].integer != -2 || meta == exported_.meta.end() ||
        meta->second.axes.size() != 4) {
      return false;
    }
    add_first(
        node,
        emit(
            "aten::adaptive_avg_pool2d",
            "",
            {read(node, "self", c10::TensorType::get()),
             arguments_.value(
                 {.kind = Kind::integer, .integer = 1},
                 c10::ListType::ofInts(),
                 2)}));
    return true;
  }

  /// LibTorch 1.13 squeezes one axis at a time.
  bool squeeze_axes(const ExportedNode& node) {
    const ExportedArgument* dims = argument(node, "dim");
    const auto meta = exported_.meta.find(argument(node, "self")->text);
    if (dims == nullptr || meta == exported_.meta.end()) return false;
    const auto rank = static_cast<std::int64_t>(meta->second.axes.size());
    std::vector<std::int64_t> axes;
    for (const ExportedArgument& dim : dims->items) {
      if (dim.kind != Kind::integer) return false;
      axes.push_back(dim.integer < 0 ? dim.integer + rank : dim.integer);
    }
    std::ranges::sort(axes, std::greater<>());
    Value* value = read(node, "self", c10::TensorType::get());
    for (const std::int64_t axis : axes) {
      value = emit("aten::squeeze", "dim", {value, arguments_.constant(axis)})
                  ->output();
    }
    values_[node.outputs.at(0).text] = value;
    return true;
  }

  /// The kernels that attention is decomposed into.
  bool translate_attention(const ExportedNode& node) {
    const auto tensor = [&](const char* name) {
      return read(node, name, c10::TensorType::get());
    };
    const char* mask =
        argument(node, "attn_mask") != nullptr ? "attn_mask" : "attn_bias";
    add_first(
        node,
        emit(
            "aten::scaled_dot_product_attention",
            "",
            {tensor("query"),
             tensor("key"),
             tensor("value"),
             tensor(mask),
             read(node, "dropout_p", c10::FloatType::get(), 0.0),
             read(node, "is_causal", c10::BoolType::get(), false),
             read(node, "scale", c10::FloatType::get())}));
    return true;
  }

  const ExportedArgument* argument(
      const ExportedNode& node,
      std::string_view name) const {
    for (const auto& [given, value] : node.inputs) {
      if (given == name) return &value;
    }
    return nullptr;
  }

  /// An argument by its name; `otherwise`, where it is not given.
  Value* read(
      const ExportedNode& node,
      std::string_view name,
      const c10::TypePtr& type,
      const c10::IValue& otherwise = {}) {
    const ExportedArgument* given = argument(node, name);
    if (given == nullptr) return arguments_.constant(otherwise);
    return arguments_.value(*given, type);
  }

  /// An operator of this LibTorch; null where it has none of that name.
  static std::shared_ptr<Operator> find_operator(
      const std::string& name,
      const std::string& overload) {
    return torch::jit::findOperatorFor({name, overload});
  }

  /// A node of an operator; arguments that are left out have their defaults.
  Node* emit(
      const std::string& name,
      const std::string& overload,
      std::vector<Value*> inputs) {
    const auto found = find_operator(name, overload);
    if (found == nullptr) refuse_operator(at_->target);
    const auto& schema = found->schema();
    for (std::size_t i = inputs.size(); i < schema.arguments().size(); ++i) {
      const auto& fallback = schema.arguments()[i].default_value();
      if (!fallback) throw std::invalid_argument("too few arguments");
      inputs.push_back(arguments_.constant(*fallback));
    }
    Node* node = graph_->create(
        c10::Symbol::fromQualString(name), inputs, schema.returns().size());
    for (std::size_t i = 0; i < schema.returns().size(); ++i) {
      node->outputs()[i]->setType(schema.returns()[i].type());
    }
    graph_->insertNode(node);
    program_.operators[node] = found;
    return node;
  }

  /// The same operator, with the arguments by their names.
  void translate_plainly(
      const ExportedNode& node,
      const std::string& name,
      const std::string& overload) {
    const auto found = find_operator(name, overload);
    if (found == nullptr) refuse_operator(node.target);
    const auto& schema = found->schema();
    std::vector<Value*> inputs;
    std::size_t used = 0;
    for (const c10::Argument& formal : schema.arguments()) {
      const ExportedArgument* given = argument(node, formal.name());
      if (given != nullptr) {
        ++used;
        const auto length = formal.N();
        inputs.push_back(arguments_.value(
            *given,
            formal.type(),
            length ? std::optional<int>(*length) : std::nullopt));
      } else if (formal.default_value()) {
        inputs.push_back(arguments_.constant(*formal.default_value()));
      } else {
        throw std::invalid_argument(
            "found no argument " + formal.name() + ", expected one");
      }
    }
    check_used(node, schema, used);
    add_outputs(node, emit(name, overload, inputs));
  }

  /// An argument that this LibTorch's operator does not have must not be left
  /// out without a word.
  void check_used(
      const ExportedNode& node,
      const c10::FunctionSchema& schema,
      std::size_t used) const {
    if (used == node.inputs.size()) return;
    for (const auto& [name, value] : node.inputs) {
      if (schema.argumentIndexWithName(name).has_value()) continue;
      throw std::invalid_argument(
          "found an argument " + name + ", which this LibTorch's operator " +
          "does not have");
    }
  }

  /// Names for what the node returns.
  void add_outputs(const ExportedNode& node, Node* made) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (i >= made->outputs().size()) {
        throw std::invalid_argument("found more results than it returns");
      }
      add_output(node.outputs[i], made->outputs()[i]);
    }
  }

  void add_output(const ExportedArgument& output, Value* value) {
    if (output.kind == Kind::value) values_[output.text] = value;
    if (output.kind != Kind::list) return;
    Node* unpacked = graph_->create(prim::ListUnpack, output.items.size());
    unpacked->addInput(value);
    graph_->insertNode(unpacked);
    for (std::size_t i = 0; i < output.items.size(); ++i) {
      unpacked->outputs()[i]->setType(c10::TensorType::get());
      add_output(output.items[i], unpacked->outputs()[i]);
    }
  }

  /// The first result of a node in whose place another one stands. Its other
  /// results (means, updated statistics) are not there for anybody.
  void add_first(const ExportedNode& node, Node* made) {
    if (node.outputs.empty() || node.outputs[0].kind != Kind::value) {
      throw std::invalid_argument("found no tensor among its results");
    }
    values_[node.outputs[0].text] = made->output();
  }

  /// Arithmetic on sizes: integers, or fractions where one is a fraction.
  void compute_size(
      const ExportedNode& node,
      const char* name,
      std::string overload) {
    std::vector<Value*> inputs;
    for (const auto& [argument_name, value] : node.inputs) {
      inputs.push_back(arguments_.value(value, c10::AnyType::get()));
    }
    const auto is_real = [](const Value* value) {
      return value->type()->kind() == c10::TypeKind::FloatType;
    };
    const bool real = std::ranges::any_of(inputs, is_real);
    if (overload == "int" && real) {
      overload = "float";
      for (Value*& input : inputs) {
        if (!is_real(input)) {
          input = emit("aten::Float", "int", {input})->output();
        }
      }
    }
    if (overload == "float" && !real) {  // the floor of an integer
      add_output(node.outputs.at(0), inputs.at(0));
      return;
    }
    add_outputs(node, emit(name, overload, inputs));
  }

  /// `with torch.no_grad()`, whose body is a graph of its own.
  void inline_with_gradients(const ExportedNode& node) {
    if (node.inputs.size() < 2 || node.inputs[1].second.kind != Kind::graph) {
      throw std::invalid_argument("found no graph, expected its body");
    }
    Value* before = emit("aten::is_grad_enabled", "", {})->output();
    const auto switch_to = [&](Value* on) {
      emit("aten::set_grad_enabled", "", {on});
    };
    switch_to(arguments_.value(node.inputs[0].second, c10::BoolType::get()));
    const std::vector<Value*> results = inline_graph(node);
    at_ = &node;
    switch_to(before);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const ExportedArgument& output = node.outputs[i];
      if (i >= results.size() && output.kind != Kind::list) {
        throw std::invalid_argument("found more results than its body returns");
      }
      if (output.kind == Kind::value) values_[output.text] = results[i];
      for (std::size_t j = 0; j < output.items.size(); ++j) {
        values_[output.items[j].text] = results.at(j);
      }
    }
  }

  /// The nodes of a node's graph, in its place; what the graph returns.
  std::vector<Value*> inline_graph(const ExportedNode& node) {
    const auto index = static_cast<std::size_t>(node.inputs[1].second.integer);
    const ExportedGraph& inner = exported_.graphs.at(index);
    if (inner.inputs.size() + 2 != node.inputs.size()) {
      throw std::invalid_argument("found a graph of other inputs");
    }
    std::map<std::string, Value*> own;
    for (std::size_t i = 0; i < inner.inputs.size(); ++i) {
      own[inner.inputs[i].text] =
          arguments_.value(node.inputs[i + 2].second, c10::AnyType::get());
    }
    std::swap(values_, own);
    for (const ExportedNode& one : inner.nodes) translate(one);
    std::vector<Value*> results;
    for (const ExportedArgument& output : inner.outputs) {
      results.push_back(arguments_.value(output, c10::AnyType::get()));
    }
    std::swap(values_, own);
    return results;
  }

  /// The returned values in the containers that the module returns them in.
  Value* output(const ExportedOutput& tree) {
    if (tree.kind == ExportedOutput::Kind::leaf) {
      return arguments_.value(tree.value, c10::AnyType::get());
    }
    std::vector<Value*> items;
    for (const ExportedOutput& item : tree.items) {
      items.push_back(output(item));
    }
    const auto is_tensor = [](const Value* value) {
      return value->type()->kind() == c10::TypeKind::TensorType;
    };
    const bool tensors = std::ranges::all_of(items, is_tensor);
    Node* node = nullptr;
    if (tree.kind == ExportedOutput::Kind::list && tensors) {
      node = graph_->createList(c10::TensorType::get(), items);
    } else if (tree.kind == ExportedOutput::Kind::dict) {
      node = tensors ? dict(tree.keys, items) : named_tuple(tree.keys, items);
    } else {
      node = graph_->createTuple(items);
    }
    graph_->insertNode(node);
    return node->output();
  }

  Node* dict(
      const std::vector<std::string>& keys,
      const std::vector<Value*>& items) {
    std::vector<Value*> names;
    for (const std::string& key : keys) {
      names.push_back(arguments_.constant(key));
    }
    return graph_->createDict(
        c10::StringType::get(), c10::TensorType::get(), names, items);
  }

  Node* named_tuple(
      const std::vector<std::string>& keys,
      const std::vector<Value*>& items) {
    std::vector<c10::TypePtr> types;
    for (const Value* item : items) types.push_back(item->type());
    return graph_->createTuple(
        items,
        c10::TupleType::createNamed(
            c10::QualifiedName("__torch__.Returned"), keys, types));
  }

  [[noreturn]] void refuse_operator(const std::string& name) const {
    refuse(fmt::format(
        "uses the operator {}, which this program does not have", name));
  }

  [[noreturn]] void refuse(const std::string& text) const {
    throw UserError("{}: {}", program_.path, text);
  }

  const ExportedProgram& exported_;
  ScriptProgram& program_;
  std::shared_ptr<torch::jit::Graph> graph_;
  ExportedArguments arguments_;
  Value* self_ = nullptr;
  const ExportedNode* at_ = nullptr;  ///< the node that is translated
  std::map<std::string, Value*> values_;
  /// Tensors of the module that no node has read yet, by their values' names.
  std::map<std::string, std::string> attributes_;
};

}  // namespace

void translate_exported(
    const ExportedProgram& exported,
    ScriptProgram& program) {
  Translation(exported, program).run();
}

}  // namespace zcp::networks
