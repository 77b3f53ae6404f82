#include "nets/networks/script_parameters.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/one_of.h"
#include "nets/networks/script_layers.h"

namespace zcp::networks {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = torch::jit::prim;

std::string name_of(const Node& node) {
  return node.kind().toQualString();
}

/// What a value is made from.
struct Origin {
  std::set<int> parameters;
  bool itself = false;    ///< it is the one parameter, perhaps transposed
  bool flipped = false;   ///< it is the parameter, transposed
  bool selected = false;  ///< it is a part or another view of the one parameter
  bool input = false;     ///< it depends on the network's input
  bool shape = false;     ///< it depends on the shape of the input alone
  bool rows = false;      ///< rows of tables that were looked up
  bool frozen = false;    ///< parameters that are not trained are in it

  friend bool operator==(const Origin&, const Origin&) = default;
};

/// Follows values back to the attributes that they come from.
class Origins {
 public:
  explicit Origins(const ScriptProgram& program) : program_(program) {
    for (const auto& named : program.module.named_parameters()) {
      held_.insert(named.value.unsafeGetTensorImpl());
    }
    find_writes(*program.graph->block());
    // What a loop carries, and what is kept in lists and attributes, leads back
    // to itself: once more from what was found before, until nothing changes.
    do {
      before_ = std::exchange(known_, {});
      visit_all(*program.graph->block());
    } while (known_ != before_);
  }

  const Origin& of(const Value* value) {
    const auto known = known_.find(value);
    if (known != known_.end()) return known->second;
    const auto before = before_.find(value);
    known_[value] = before == before_.end() ? Origin() : before->second;
    Origin origin = compute(value);
    return known_[value] = std::move(origin);
  }

 private:
  void visit_all(const Block& block) {
    for (const Node* node : block.nodes()) {
      for (const Block* inner : node->blocks()) visit_all(*inner);
      for (const Value* output : node->outputs()) of(output);
    }
  }

  /// Where an attribute is: its module and its name.
  using Place = std::pair<const c10::ivalue::Object*, std::string>;

  std::optional<Place> place_of(const Node& node) const {
    const c10::IValue owner = attribute(node.inputs()[0]);
    if (!owner.isObject()) return std::nullopt;
    return Place(owner.toObject().get(), node.s(c10::attr::name));
  }

  /// What is put into lists, dicts, tensors and attributes after they are made.
  void find_writes(const Block& block) {
    for (const Node* node : block.nodes()) {
      for (const Block* inner : node->blocks()) find_writes(*inner);
      if (node->kind() == prim::SetAttr) {
        if (const auto place = place_of(*node)) {
          kept_[*place].push_back(node->inputs()[1]);
        }
        continue;
      }
      // A plan does not know that a dict is updated.
      const bool writes =
          program_.plans.at(node).in_place || name_of(*node) == "aten::update";
      if (!writes || node->inputs().size() < 2) continue;
      const Value* target = node->inputs()[0];
      for (;;) {  // a part of a tensor is written: the tensor, too
        auto& written = writes_[target];
        written.insert(
            written.end(), node->inputs().begin() + 1, node->inputs().end());
        const Node* maker = target->node();
        if (!selects(name_of(*maker)) || maker->inputs().empty()) break;
        target = maker->inputs()[0];
      }
    }
  }

  /// The module or the tensor that an attribute holds; None where the value is
  /// no attribute.
  c10::IValue attribute(const Value* value) const {
    if (value == program_.graph->inputs()[0]) return program_.module._ivalue();
    const Node* node = value->node();
    if (node->kind() != prim::GetAttr) return {};
    const c10::IValue owner = attribute(node->input());
    if (!owner.isObject()) return {};
    return owner.toObjectRef().getAttr(node->s(c10::attr::name));
  }

  Origin compute(const Value* value) {
    Origin origin = compute_made(value);
    const auto written = writes_.find(value);
    if (written == writes_.end()) return origin;
    const Origin made = origin;
    for (const Value* part : written->second) add(of(part), origin);
    const bool same = origin.parameters == made.parameters &&
                      origin.input == made.input &&
                      origin.frozen == made.frozen;
    if (!same) origin.itself = origin.flipped = origin.selected = false;
    return origin;
  }

  Origin compute_made(const Value* value) {
    const Node* node = value->node();
    if (node->kind() == prim::Param) return of_block_input(value);
    if (node->kind() == prim::GetAttr) return of_attribute(value);
    Origin origin;
    for (const Value* input : node->inputs()) add(of(input), origin);
    const std::string name = name_of(*node);
    if (tells_shape(name)) {
      Origin numbers;
      numbers.shape = origin.input || origin.shape;
      return numbers;
    }
    if (node->kind() == prim::If || node->kind() == prim::Loop) {
      const std::size_t skipped = node->kind() == prim::Loop ? 1 : 0;
      for (const Block* block : node->blocks()) {
        add(of(block->outputs()[value->offset() + skipped]), origin);
      }
    }
    if (one_of(name, {"aten::embedding", "aten::index"})) origin.rows = true;
    const bool one = origin.parameters.size() == 1 && !origin.input;
    const bool flips =
        one_of(name, {"aten::t", "aten::transpose", "aten::numpy_T"});
    if (one && !node->inputs().empty()) {
      const Origin& first = of(node->inputs()[0]);
      origin.itself = (flips || keeps(*node, name)) && first.itself;
      origin.flipped = origin.itself && first.flipped != flips;
      origin.selected =
          !origin.itself && selects(name) && (first.itself || first.selected);
    }
    return origin;
  }

  static bool tells_shape(const std::string& name) {
    return one_of(
        name,
        {"aten::size",
         "aten::dim",
         "aten::len",
         "aten::numel",
         "prim::device",
         "prim::dtype"});
  }

  /// A cast to what the pass computes in gives the tensor itself.
  static bool keeps(const Node& node, const std::string& name) {
    if (name != "aten::to") return false;
    const torch::jit::Operator* known = node.maybeOperator();
    if (known == nullptr) return false;
    const auto place = known->schema().argumentIndexWithName("dtype");
    if (!place) return false;
    const auto type =
        torch::jit::toIValue(node.inputs()[static_cast<std::size_t>(*place)]);
    return type && (type->isNone() || is_single(type->toScalarType()));
  }

  static bool selects(const std::string& name) {
    return one_of(
        name,
        {"aten::t",           "aten::transpose",     "aten::numpy_T",
         "aten::chunk",       "aten::split",         "aten::split_with_sizes",
         "aten::slice",       "aten::select",        "aten::narrow",
         "aten::view",        "aten::reshape",       "aten::contiguous",
         "aten::to",          "aten::type_as",       "aten::permute",
         "aten::unsqueeze",   "aten::squeeze",       "aten::flatten",
         "aten::unflatten",   "aten::expand",        "aten::clone",
         "aten::unbind",      "aten::__getitem__",   "prim::ListUnpack",
         "prim::TupleUnpack", "prim::unchecked_cast"});
  }

  Origin of_block_input(const Value* value) {
    const Node* owner = value->node()->owningBlock()->owningNode();
    Origin origin;
    if (owner == nullptr) {
      origin.input = value != program_.graph->inputs()[0];
    } else if (owner->kind() == prim::Loop && value->offset() > 0) {
      add(of(owner->inputs()[value->offset() + 1]), origin);
      add(of(owner->blocks()[0]->outputs()[value->offset()]), origin);
    }
    return origin;
  }

  Origin of_attribute(const Value* value) {
    Origin origin;
    const c10::IValue held = attribute(value);
    std::vector<at::Tensor> tensors;
    if (held.isTensor()) tensors = {held.toTensor()};
    if (held.isTensorList()) tensors = held.toTensorVector();
    for (const at::Tensor& tensor : tensors) {
      const auto found =
          program_.parameter_index.find(tensor.unsafeGetTensorImpl());
      if (found == program_.parameter_index.end()) {
        origin.frozen =
            origin.frozen || held_.contains(tensor.unsafeGetTensorImpl());
        continue;
      }
      origin.parameters.insert(found->second);
      origin.itself = held.isTensor();
    }
    const auto place = place_of(*value->node());
    const auto kept = place ? kept_.find(*place) : kept_.end();
    if (kept != kept_.end()) {
      for (const Value* written : kept->second) add(of(written), origin);
      origin.itself = false;
    }
    return origin;
  }

  static void add(const Origin& from, Origin& to) {
    to.parameters.insert(from.parameters.begin(), from.parameters.end());
    to.input = to.input || from.input;
    to.shape = to.shape || from.shape;
    to.rows = to.rows || from.rows;
    to.frozen = to.frozen || from.frozen;
  }

  using Known = std::unordered_map<const Value*, Origin>;

  const ScriptProgram& program_;
  std::set<const c10::TensorImpl*> held_;  ///< parameters, trained or not
  std::map<Place, std::vector<const Value*>> kept_;  ///< in attributes
  std::unordered_map<const Value*, std::vector<const Value*>> writes_;
  Known before_;
  Known known_;
};

/// Where a layer's operator has its weight and its bias; -1: nowhere.
struct Places {
  int weight = -1;
  int bias = -1;
};

/// first_factor() of an operator by its whole name, "aten::addmm".
int first_factor_of(std::string_view name) {
  constexpr std::string_view kAten = "aten::";
  return name.starts_with(kAten) ? first_factor(name.substr(kAten.size())) : -1;
}

Places layer_places(const std::string& name) {
  const int first = first_factor_of(name);
  return first < 0 ? Places{1, 2} : Places{first + 1, first - 1};
}

/// Where a product's operator has its two factors.
struct Factors {
  const Value* left = nullptr;  ///< null: it is no product of two
  const Value* right = nullptr;
  int left_place = 0;
};

Factors factors_of(const Node& node, const std::string& name) {
  const int first = first_factor_of(name);
  if (first < 0) return {};
  const auto place = static_cast<std::size_t>(first);
  return {node.inputs()[place], node.inputs()[place + 1], first};
}

class Uses {
 public:
  Uses(ScriptProgram& program, std::vector<Parameter>& parameters)
      : program_(program), parameters_(parameters), origins_(program) {}

  void find() {
    visit(*program_.graph->block());
    by_names();
  }

 private:
  void visit(const Block& block) {
    for (const Node* node : block.nodes()) {
      visit(*node);
      for (const Block* inner : node->blocks()) visit(*inner);
    }
  }

  void visit(const Node& node) {
    NodePlan& plan = program_.plans[&node];
    const std::string name = name_of(node);
    find_product(node, name, plan);
    Places places;
    if (plan.kind == LayerKind::conv || plan.kind == LayerKind::linear) {
      places = layer_places(name);
      use_in_layer(node, plan.kind, places);
    } else if (plan.kind == LayerKind::batch_norm) {
      places = {1, 2};
      use_in_norm(node, places);
    } else if (name == "aten::layer_norm" || name == "aten::group_norm") {
      places = {2, 3};
      use_in_norm(node, places);
    } else if (name == "aten::instance_norm") {
      places = {1, 2};
      use_in_norm(node, places);
    }
    const bool transposes =
        one_of(name, {"aten::t", "aten::transpose", "aten::numpy_T"});
    for (std::size_t i = 0; i < node.inputs().size(); ++i) {
      const Origin& origin = origins_.of(node.inputs()[i]);
      if (!origin.itself) continue;
      used_.insert(*origin.parameters.begin());
      const int place = static_cast<int>(i);
      const bool named = place == places.weight || place == places.bias;
      if (!named && !transposes) of(origin).in_calls = false;
    }
    for (const Block* inner : node.blocks()) {
      for (const Value* output : inner->outputs()) leaves_block(output);
    }
  }

  /// What leaves a block of control flow is followed no further.
  void leaves_block(const Value* value) {
    const Origin& origin = origins_.of(value);
    if (origin.itself) of(origin).in_calls = false;
  }

  /// Whether a factor is computed from the input, or is as many zeros as it has
  /// samples, as a first state is.
  bool varies(const Value* factor) {
    const Origin& origin = origins_.of(factor);
    return origin.input ||
           (origin.shape && origin.parameters.empty() && !origin.frozen);
  }

  /// Whether a factor is made of parameters alone, trained or not.
  bool is_fixed(const Value* factor) {
    const Origin& origin = origins_.of(factor);
    return !origin.input && (!origin.parameters.empty() || origin.frozen);
  }

  /// Whether a factor is put together of the rows of several tables, as
  /// relative positions are: it is no layer's weight.
  bool is_of_tables(const Value* factor) {
    const Origin& origin = origins_.of(factor);
    return origin.rows && origin.parameters.size() > 1;
  }

  /// Products of something computed from the input with parameters: x W is a
  /// linear layer; W x, and sums over other axes, are contractions.
  void find_product(const Node& node, const std::string& name, NodePlan& plan) {
    const Factors factors = factors_of(node, name);
    if (name == "aten::einsum") return find_einsum(node, plan);
    if (one_of(name, {"aten::linalg_multi_dot", "aten::chain_matmul"})) {
      return refuse_chain(node, name);
    }
    if (name == "aten::bilinear") return contract(plan, 0);
    if (factors.left == nullptr) return;
    const bool right = varies(factors.left) && is_fixed(factors.right);
    const bool left = varies(factors.right) && is_fixed(factors.left);
    if (!right && !left) return;
    plan.activation = factors.left_place + (left ? 1 : 0);
    if (right && is_of_tables(factors.right)) {
      return contract(plan, plan.activation);
    }
    // Products that sum over the last axis of both have their weight as W x.
    const bool inner = name == "aten::inner";
    if (inner) {
      use_in_contraction(left ? factors.left : factors.right, true);
      return contract(plan, plan.activation);
    }
    if (left || one_of(name, {"aten::tensordot", "aten::addbmm"})) {
      use_in_contraction(left ? factors.left : factors.right, left);
      return contract(plan, plan.activation);
    }
    plan.kind = LayerKind::linear;
    plan.recorded = true;
  }

  /// Products in whatever order is the cheapest are not read.
  void refuse_chain(const Node& node, const std::string& name) {
    const Origin& all = origins_.of(node.inputs()[0]);
    if (all.parameters.empty() && !all.frozen) return;
    throw UserError(
        "{}: multiplies parameters by {}, expected products of two, such as "
        "a @ b",
        program_.path,
        name);
  }

  static void contract(NodePlan& plan, int activation) {
    plan.contraction = true;
    plan.recorded = true;
    plan.activation = activation;
  }

  void find_einsum(const Node& node, NodePlan& plan) {
    const Node* list = node.inputs()[1]->node();
    if (list->kind() != prim::ListConstruct) return;
    const auto operands = list->inputs();
    const bool input = std::ranges::any_of(
        operands, [&](const Value* value) { return varies(value); });
    if (!input) return;  // of parameters alone: a weight is computed here
    bool found = false;
    for (const Value* operand : operands) {
      if (!is_fixed(operand)) continue;
      use_in_contraction(operand, false);
      found = true;
    }
    if (found) contract(plan, 1);
  }

  /// A factor that several parameters make is no weight: attention whose
  /// queries are learned has one.
  void use_in_contraction(const Value* factor, bool left) {
    const Origin& weight = origins_.of(factor);
    if (!weight.itself && !weight.selected) {
      if (weight.parameters.size() == 1) ++program_.computed_weights;
      return;
    }
    Parameter& parameter = of(weight);
    used_.insert(*weight.parameters.begin());
    parameter.in_calls = false;
    if (parameter.value.dim() < 2) return;
    parameter.kind = ParameterKind::linear_weight;
    // W x sums over the last axis of W; of other products the axes that are
    // summed over are not known.
    const bool known = left && weight.itself;
    parameter.fan_in =
        known ? parameter.value.size(weight.flipped ? -2 : -1) : -1;
  }

  void use_in_layer(const Node& node, LayerKind kind, Places places) {
    const Origin& weight =
        origins_.of(node.inputs()[static_cast<std::size_t>(places.weight)]);
    if (weight.itself || weight.selected) {
      Parameter& parameter = of(weight);
      const bool conv = kind == LayerKind::conv;
      const std::int64_t axes = parameter.value.dim();
      const bool vector = !conv && axes < 2;
      parameter.kind = vector || is_transposed(node) ? ParameterKind::other
                       : conv ? ParameterKind::conv_weight
                              : ParameterKind::linear_weight;
      // A matrix product takes the transposed weight of a linear layer.
      const bool product = !conv && name_of(node) != "aten::linear";
      if (!weight.itself || weight.flipped != product ||
          axes != (conv ? 4 : 2) || is_transposed(node)) {
        parameter.in_calls = false;
      }
      // x W sums over the last axis but one of W.
      if (product && !vector && weight.itself && !weight.flipped) {
        parameter.fan_in = parameter.value.size(-2);
      }
      used_.insert(*weight.parameters.begin());
    } else if (!weight.input && !weight.parameters.empty()) {
      ++program_.computed_weights;
    }
    set_kind(node, places.bias, ParameterKind::bias);
  }

  void use_in_norm(const Node& node, Places places) {
    set_kind(node, places.weight, ParameterKind::norm_scale);
    set_kind(node, places.bias, ParameterKind::norm_shift);
  }

  void set_kind(const Node& node, int place, ParameterKind kind) {
    if (place < 0) return;
    const Origin& origin =
        origins_.of(node.inputs()[static_cast<std::size_t>(place)]);
    if (!origin.itself && !origin.selected) return;
    of(origin).kind = kind;
    used_.insert(*origin.parameters.begin());
    if (!origin.itself) of(origin).in_calls = false;
  }

  /// Of aten::_convolution, whose seventh argument says so, or by its name.
  static bool is_transposed(const Node& node) {
    const std::string name = name_of(node);
    if (name.starts_with("aten::conv_transpose")) return true;
    if (!one_of(name, {"aten::_convolution", "aten::convolution"}))
      return false;
    const auto flag = torch::jit::toIValue(node.inputs()[6]);
    return flag && flag->isBool() && flag->toBool();
  }

  Parameter& of(const Origin& origin) {
    return parameters_[static_cast<std::size_t>(*origin.parameters.begin())];
  }

  /// Kinds of the parameters that nothing uses, by the names that PyTorch's
  /// modules give them.
  void by_names() {
    std::unordered_map<std::string, std::int64_t> dims;
    for (const Parameter& parameter : parameters_) {
      dims[parameter.name] = parameter.value.dim();
    }
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (used_.contains(static_cast<int>(i))) continue;
      parameters_[i].kind = kind_by_name(parameters_[i], dims);
    }
    by_classes();
  }

  /// Weights of embeddings, bilinear layers and transposed convolutions have
  /// the name and the dimensions of a layer's; their modules' class tells.
  void by_classes() {
    std::unordered_map<std::string, ParameterKind> of_class;
    for (const auto& named : program_.module.named_modules()) {
      const auto& name = named.value.type()->name();
      if (!name || name->qualifiedName().find("torch.nn.") == std::string::npos)
        continue;
      if (name->name().starts_with("ConvTranspose")) {
        of_class[named.name + ".weight"] = ParameterKind::transposed_weight;
      } else if (one_of(
                     name->name(), {"Embedding", "EmbeddingBag", "Bilinear"})) {
        of_class[named.name + ".weight"] = ParameterKind::other;
      }
    }
    const std::string& prefix = program_.options.prefix;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (used_.contains(static_cast<int>(i))) continue;
      auto known = of_class.find(parameters_[i].name);
      if (known == of_class.end()) {
        known = of_class.find(prefix + parameters_[i].name);
      }
      if (known != of_class.end()) parameters_[i].kind = known->second;
    }
  }

  static ParameterKind kind_by_name(
      const Parameter& parameter,
      const std::unordered_map<std::string, std::int64_t>& dims) {
    const std::string& name = parameter.name;
    const std::string owner = name.substr(0, name.rfind('.') + 1);
    const std::string last = name.substr(owner.size());
    const std::int64_t count = parameter.value.dim();
    if (last == "weight") {
      if (count >= 3) return ParameterKind::conv_weight;
      if (count == 2) return ParameterKind::linear_weight;
      if (count == 1) return ParameterKind::norm_scale;
    }
    const auto weight = dims.find(owner + "weight");
    if (last == "bias" && weight != dims.end()) {
      return weight->second == 1 ? ParameterKind::norm_shift
                                 : ParameterKind::bias;
    }
    return ParameterKind::other;
  }

  ScriptProgram& program_;
  std::vector<Parameter>& parameters_;
  Origins origins_;
  std::set<int> used_;
};

}  // namespace

void find_uses(ScriptProgram& program, std::vector<Parameter>& parameters) {
  Uses(program, parameters).find();
}

int parameter_of(const ScriptProgram& program, const torch::jit::Value* value) {
  const Origin& origin = Origins(program).of(value);
  return origin.itself ? *origin.parameters.begin() : -1;
}

}  // namespace zcp::networks
