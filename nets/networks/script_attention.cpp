#include "nets/networks/script_attention.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/one_of.h"
#include "nets/networks/script_parameters.h"

namespace zcp::networks {
namespace {

using torch::jit::Node;
using torch::jit::Value;
namespace prim = torch::jit::prim;

/// Where a product of two activations has its operands.
struct Product {
  const Node* node = nullptr;
  const Value* left = nullptr;
  const Value* right = nullptr;
};

class AttentionFinder {
 public:
  explicit AttentionFinder(ScriptProgram& program) : program_(program) {
    add_nodes(*program.graph->block());
    mark_dependent();
  }

  void find() {
    for (const Node* node : nodes()) {
      const std::string& name = name_of(node);
      if (name == "scaled_dot_product_attention") add_fused(node);
      if (one_of(name, {"softmax", "_softmax"})) add_softmax(node);
    }
    for (const Node* node : nodes()) find_mixing(node);
    for (const Node* node : nodes()) find_feed_forward(node);
    for (const Node* node : nodes()) find_words(node);
  }

 private:
  /// In the order in which they are written, those of branches and loops too.
  const std::vector<const Node*>& nodes() const { return nodes_; }

  void add_nodes(const torch::jit::Block& block) {
    for (const Node* node : block.nodes()) {
      nodes_.push_back(node);
      for (const torch::jit::Block* inner : node->blocks()) add_nodes(*inner);
    }
  }

  void mark_dependent() {
    for (const Value* input : program_.graph->inputs().slice(1)) {
      dependent_.insert(input);
    }
    std::size_t before = 0;
    while (before != dependent_.size()) {  // loops lead back
      before = dependent_.size();
      for (const Node* node : nodes()) mark_dependent(*node);
    }
  }

  void mark_dependent(const Node& node) {
    for (const torch::jit::Block* block : node.blocks()) {
      mark_block(node, *block);
    }
    const bool any = std::ranges::any_of(
        node.inputs(), [&](const Value* input) { return depends(input); });
    if (!any) return;
    for (const Value* output : node.outputs()) mark(output);
  }

  /// What a branch or a loop hands on.
  void mark_block(const Node& node, const torch::jit::Block& block) {
    const bool loop = node.kind() == prim::Loop;
    for (std::size_t i = 0; i < node.outputs().size(); ++i) {
      const Value* made = block.outputs()[i + (loop ? 1 : 0)];
      const bool given = loop && depends(node.inputs()[i + 2]);
      if (!given && !depends(made)) continue;
      mark(node.outputs()[i]);
      if (loop) mark(block.inputs()[i + 1]);
    }
  }

  void mark(const Value* value) {
    if (flows(value)) dependent_.insert(value);
  }

  bool depends(const Value* value) const { return dependent_.contains(value); }

  /// Sizes are numbers, through which nothing flows.
  static bool flows(const Value* value) {
    const auto kind = value->type()->kind();
    return kind == c10::TypeKind::TensorType ||
           kind == c10::TypeKind::ListType ||
           kind == c10::TypeKind::TupleType ||
           kind == c10::TypeKind::OptionalType;
  }

  NodePlan& plan_of(const Node* node) const { return program_.plans[node]; }
  const std::string& name_of(const Node* node) const {
    return plan_of(node).name;
  }
  bool is_linear(const Node* node) const {
    return plan_of(node).kind == LayerKind::linear;
  }

  /// Whether a node's output has all numbers of its input, in another shape.
  bool keeps_numbers(const Node* node) const {
    return one_of(
        name_of(node),
        {"view",
         "reshape",
         "transpose",
         "permute",
         "t",
         "squeeze",
         "unsqueeze",
         "flatten",
         "unflatten",
         "clone",
         "contiguous",
         "to",
         "type_as",
         "movedim",
         "_unsafe_view",
         "numpy_T"});
  }

  /// Whether a node only moves numbers about, or scales them.
  bool passes(const Node* node) const {
    if (node->kind() == prim::ListUnpack || node->kind() == prim::TupleUnpack ||
        node->kind() == prim::ListConstruct ||
        node->kind() == prim::TupleConstruct) {
      return true;
    }
    const NodePlan& plan = plan_of(node);
    if (plan.treatment == Treatment::dropout || keeps_numbers(node))
      return true;
    return one_of(
        plan.name,
        {"chunk",
         "split",
         "split_with_sizes",
         "select",
         "slice",
         "narrow",
         "unbind",
         "expand",
         "mul",
         "div",
         "__getitem__",
         "roll",
         "im2col",
         "unfold",
         "pad",
         "constant_pad_nd",
         "add",
         "sub",
         "tensor_split"});
  }

  /// The operand of a passing node that depends on the input, where it is one.
  const Value* operand(const Node* node) const {
    const Value* found = nullptr;
    for (const Value* input : node->inputs()) {
      if (!depends(input)) continue;
      if (found != nullptr && found != input) return nullptr;
      found = input;
    }
    return found;
  }

  /// The linear layer that a value comes from; null for none.
  const Node* linear_behind(const Value* value, bool norms = false) const {
    while (value != nullptr) {
      const Node* node = value->node();
      if (node->kind() == prim::Param) return nullptr;
      if (is_linear(node)) return node;
      const bool norm = norms && name_of(node) == "layer_norm";
      if (!norm && !passes(node)) return nullptr;
      value = norm ? node->inputs()[0] : operand(node);
    }
    return nullptr;
  }

  /// The product of two activations that a softmax is of, scaled, shifted or
  /// masked.
  Product scores_behind(const Value* value, int depth = 0) const {
    constexpr int kDeep = 40;
    if (depth > kDeep || !depends(value)) return {};
    const Node* node = value->node();
    if (node->kind() == prim::Param) return {};
    if (node->kind() == prim::If) {
      for (const torch::jit::Block* branch : node->blocks()) {
        const Product found =
            scores_behind(branch->outputs()[value->offset()], depth + 1);
        if (found.node != nullptr) return found;
      }
      return {};
    }
    const std::string& name = name_of(node);
    if (!is_linear(node) && one_of(name, {"matmul", "bmm", "baddbmm"})) {
      const std::size_t first = name == "baddbmm" ? 1 : 0;
      const Value* left = node->inputs()[first];
      const Value* right = node->inputs()[first + 1];
      if (depends(left) && depends(right)) return {node, left, right};
      return {};
    }
    if (!passes(node) && !one_of(name, {"masked_fill", "where"})) return {};
    for (const Value* input : node->inputs()) {
      const Product found = scores_behind(input, depth + 1);
      if (found.node != nullptr) return found;
    }
    return {};
  }

  /// What reads a value by way of passing nodes: all nodes that do not pass.
  /// `factors`: also through products with other activations.
  std::vector<std::pair<const Node*, const Value*>> readers(
      const Value* value,
      bool factors = false) const {
    std::vector<std::pair<const Node*, const Value*>> found;
    std::vector<const Value*> pending{value};
    std::unordered_set<const Node*> seen;
    while (!pending.empty()) {
      const Value* at = pending.back();
      pending.pop_back();
      for (const auto& use : at->uses()) {
        if (!seen.insert(use.user).second) continue;
        const bool through =
            passes(use.user) && (factors || operand(use.user) == at ||
                                 use.user->kind() == prim::ListConstruct);
        if (!through && name_of(use.user) != "cat") {
          found.emplace_back(use.user, at);
          continue;
        }
        for (const Value* output : use.user->outputs()) {
          pending.push_back(output);
        }
      }
    }
    return found;
  }

  void add_softmax(const Node* softmax) {
    const Product scores = scores_behind(softmax->inputs()[0]);
    for (const auto& [reader, at] : readers(softmax->output())) {
      if (is_linear(reader) || !one_of(name_of(reader), {"matmul", "bmm"})) {
        continue;
      }
      const bool left = reader->inputs()[0] == at;
      const Value* other = reader->inputs()[left ? 1 : 0];
      if (!depends(other)) continue;
      if (scores.node == nullptr || !left) {
        set_role(linear_behind(softmax->inputs()[0]), LinearRole::kernel);
        set_role(linear_behind(other), LinearRole::convolved);
        mark_output(reader);
        continue;
      }
      add(reader, {scores.left, scores.right, other, softmax});
      mark_sum(reader, softmax);
      return;
    }
  }

  /// Whether a value is a product of the weights of attention.
  bool is_of_weights(const Value* value, const Node* softmax) const {
    while (value != nullptr && value->node()->kind() != prim::Param) {
      const Node* node = value->node();
      if (node == softmax) return true;
      const bool product = one_of(name_of(node), {"matmul", "bmm"});
      if (!product && !passes(node)) return false;
      value = operand(node);
    }
    return false;
  }

  /// Relative positions of values add a second product of the weights to what
  /// attention makes, so that the layer that projects both reads a sum.
  void mark_sum(const Node* product, const Node* softmax) {
    for (const auto& [reader, at] : readers(product->output())) {
      if (name_of(reader) != "add") continue;
      const bool left = reader->inputs()[0] == at;
      if (is_of_weights(reader->inputs()[left ? 1 : 0], softmax)) {
        mark_output(reader);
      }
    }
  }

  void add_fused(const Node* node) {
    add(node,
        {node->inputs()[0], node->inputs()[1], node->inputs()[2], nullptr});
  }

  /// The query as its layer makes it: some networks scale it, others the key
  /// or the scores.
  const Value* before_scale(const Value* query) const {
    const Value* found = query;
    const Value* at = query;
    while (at != nullptr && at->node()->kind() != prim::Param) {
      const Node* node = at->node();
      const bool scales = one_of(name_of(node), {"mul", "div"});
      if (is_linear(node) || !(scales || keeps_numbers(node))) break;
      at = operand(node);
      if (scales && at != nullptr) found = at;
    }
    return found;
  }

  void add(const Node* product, AttentionPlan attention) {
    attention.query = before_scale(attention.query);
    program_.queries.insert(attention.query);
    program_.attentions.emplace(product, attention);
    const std::pair<const Value*, LinearRole> parts[] = {
        {attention.query, LinearRole::query},
        {attention.key, LinearRole::key},
        {attention.value, LinearRole::value}};
    std::vector<const Node*> layers;
    for (const auto& [value, role] : parts) {
      const Node* layer = linear_behind(value, role != LinearRole::value);
      if (layer == nullptr) continue;
      const bool another = std::ranges::find(layers, layer) != layers.end();
      set_role(layer, another ? LinearRole::packed : role);
      if (another) ++plan_of(layer).parts;
      layers.push_back(layer);
      if (!another) set_chain(layer, role);
    }
    mark_output(product);
  }

  /// Linear layers in front of a projection that nothing else reads.
  void set_chain(const Node* layer, LinearRole role) {
    for (;;) {
      const std::size_t place = name_of(layer) == "addmm" ? 1 : 0;
      const Value* input = layer->inputs()[place];
      const Node* before = linear_behind(input);
      if (before == nullptr || readers(before->output()).size() != 1) return;
      set_role(before, role);
      layer = before;
    }
  }

  void mark_output(const Node* product) {
    for (const auto& [reader, at] : readers(product->output())) {
      if (is_linear(reader)) set_role(reader, LinearRole::output);
    }
  }

  /// Transforms: products with constants from the left, and Fourier's.
  void find_mixing(const Node* node) {
    const std::string& name = name_of(node);
    if (name.starts_with("fft_")) {
      set_role(linear_behind(operand(node)), LinearRole::mixed);
    }
    if (name != "matmul" || is_linear(node)) return;
    if (depends(node->inputs()[0]) || !depends(node->inputs()[1])) return;
    set_role(linear_behind(node->inputs()[1]), LinearRole::mixed);
  }

  void find_feed_forward(const Node* node) {
    const LayerKind kind = plan_of(node).kind;
    if (kind != LayerKind::relu && kind != LayerKind::smooth_activation) {
      return;
    }
    const Node* before = linear_behind(node->inputs()[0]);
    if (before == nullptr) return;
    for (const auto& [reader, at] : readers(node->output(), true)) {
      if (!is_linear(reader)) continue;
      set_role(before, LinearRole::feed_forward);
      set_role(reader, LinearRole::feed_forward);
      plan_of(before).to_activation = true;
      plan_of(reader).from_activation = true;
    }
  }

  /// The first role that is found for a layer is its own.
  void set_role(const Node* layer, LinearRole role) {
    if (layer == nullptr) return;
    LinearRole& own = plan_of(layer).role;
    if (own == LinearRole::none || role == LinearRole::packed) own = role;
  }

  /// Exported programs say what their input is of.
  bool takes_whole_numbers() const {
    const auto type =
        program_.graph->inputs()[1]->type()->cast<c10::TensorType>();
    return type != nullptr && type->scalarType() &&
           at::isIntegralType(*type->scalarType(), false);
  }

  /// embedding(table, words), where the words are the first input. An input
  /// that is converted first may be of real numbers, in which other things than
  /// words are packed.
  void find_words(const Node* node) {
    if (name_of(node) != "embedding" || program_.words != nullptr) return;
    if (!program_.options.inputs.empty()) return;  // words are one of several
    if (program_.exported && !takes_whole_numbers()) return;
    const Value* indices = node->inputs()[1];
    while (indices->node()->kind() != prim::Param) {
      const bool converts = name_of(indices->node()) == "to";
      if (!passes(indices->node()) || (converts && !program_.exported)) return;
      indices = operand(indices->node());
      if (indices == nullptr) return;
    }
    if (indices != program_.graph->inputs()[1]) return;
    program_.words = node;
    program_.word_table = parameter_of(program_, node->inputs()[0]);
    if (program_.word_table < 0) program_.words = nullptr;
    if (program_.words == nullptr) return;
    program_.reads_words_again = are_read_again(program_.graph->inputs()[1]);
  }

  /// Whether something else than their lookup reads the words, and not only
  /// how many there are.
  bool are_read_again(const Value* words) const {
    return std::ranges::any_of(words->uses(), [&](const auto& use) {
      if (use.user == program_.words || reads_shape(use)) return false;
      return !passes(use.user) ||
             std::ranges::any_of(use.user->outputs(), [&](const Value* part) {
               return are_read_again(part);
             });
    });
  }

  static bool reads_shape(const torch::jit::Use& use) {
    const std::string name = use.user->kind().toUnqualString();
    if (use.offset > 0) {  // of another tensor, made like this one
      return one_of(
          name, {"to", "type_as", "view_as", "expand_as", "reshape_as"});
    }
    return name.ends_with("_like") || name.starts_with("new_") ||
           name.find("assert") != std::string::npos ||
           one_of(
               name,
               {"size",
                "sym_size",
                "dim",
                "len",
                "numel",
                "sym_numel",
                "device",
                "dtype",
                "layout",
                "is_cuda",
                "is_floating_point"});
  }

  ScriptProgram& program_;
  std::vector<const Node*> nodes_;
  std::unordered_set<const Value*> dependent_;
};

}  // namespace

void find_attention(ScriptProgram& program) {
  AttentionFinder(program).find();
}

}  // namespace zcp::networks
