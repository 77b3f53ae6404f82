#include "nets/networks/script_fusion.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/one_of.h"

namespace zcp::networks {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = torch::jit::prim;

bool is_tensor(const Value& value) {
  return value.type()->kind() == c10::TypeKind::TensorType;
}

/// Operators whose result lies in memory of its own.
bool makes_own_memory(std::string_view name) {
  return one_of(
      name,
      {"_convolution",
       "convolution",
       "_convolution_mode",
       "conv2d",
       "conv_transpose2d",
       "batch_norm",
       "relu",
       "relu6",
       "hardtanh",
       "leaky_relu",
       "elu",
       "gelu",
       "silu",
       "mish",
       "hardswish",
       "hardsigmoid",
       "sigmoid",
       "tanh",
       "softmax",
       "add",
       "sub",
       "mul",
       "div",
       "mean",
       "cat",
       "stack",
       "clone",
       "max_pool2d",
       "avg_pool2d",
       "adaptive_avg_pool2d",
       "adaptive_max_pool2d",
       "upsample_nearest2d",
       "upsample_bilinear2d",
       "linear",
       "addmm",
       "mm",
       "matmul"});
}

/// Operators whose result shares the memory of their input where its layout
/// allows that.
bool may_view(std::string_view name) {
  return one_of(name, {"flatten", "reshape", "view", "contiguous"});
}

/// Operators by which a program learns, or relies on, how a tensor lies in
/// memory.
bool tells_layout(std::string_view name) {
  return one_of(
      name,
      {"as_strided",
       "stride",
       "is_contiguous",
       "storage_offset",
       "set",
       "resize",
       "resize_as",
       "view_as",
       "view_as_real",
       "view_as_complex"});
}

/// Whether a node writes into the tensor that it reads first.
bool writes(const Node& node, const NodePlan& plan) {
  return plan.in_place && plan.treatment != Treatment::dropout &&
         is_tensor(*node.inputs()[0]);
}

/// Which values lie in the same memory.
class Memory {
 public:
  explicit Memory(const ScriptProgram& program) : program_(program) {}

  /// The module, which owns what its attributes hold.
  const Value* module() const { return program_.graph->inputs()[0]; }

  /// The value that the memory was made for; null where that is not known.
  const Value* owner(const Value* value) const {
    for (;;) {
      if (value->node()->kind() == prim::GetAttr) return module();
      const auto found = program_.plans.find(value->node());
      if (found == program_.plans.end()) return nullptr;
      const NodePlan& plan = found->second;
      const bool passed_on =
          plan.in_place || plan.treatment == Treatment::dropout;
      if (!passed_on) return makes_own_memory(plan.name) ? value : nullptr;
      if (value->offset() > 0) return nullptr;
      value = value->node()->inputs()[0];
    }
  }

  bool may_share(const Value* a, const Value* b) const {
    const Value* first = owner(a);
    const Value* second = owner(b);
    return first == nullptr || second == nullptr || first == second;
  }

 private:
  const ScriptProgram& program_;
};

class Fuser {
 public:
  explicit Fuser(ScriptProgram& program)
      : program_(program), memory_(program) {}

  void fuse(const Block& block) {
    std::map<const Node*, FusedNodes> groups;
    for (const Node* node : block.nodes()) {
      if (is_sum(*node)) collect_sum(*node, groups);
      if (ceiling_of(*node)) collect_relu(*node, groups);
      for (const Block* inner : node->blocks()) fuse(*inner);
    }
    for (auto& [last, group] : groups) {
      if (disturbed(*last, group)) continue;
      for (const Node* node : group.before) {
        program_.plans[node].deferred = true;
      }
      program_.plans[last].fused =
          std::make_shared<const FusedNodes>(std::move(group));
    }
  }

 private:
  const NodePlan& plan_of(const Node& node) const {
    return program_.plans.at(&node);
  }

  bool is_norm(const Node& node) const {
    return plan_of(node).treatment == Treatment::batch_norm;
  }

  /// a + b of tensors without a factor.
  bool is_sum(const Node& node) const {
    if (plan_of(node).name != "add" || node.inputs().size() < 2) return false;
    const bool tensors =
        is_tensor(*node.inputs()[0]) && is_tensor(*node.inputs()[1]);
    if (!tensors || node.inputs().size() == 2) return tensors;
    const auto factor = torch::jit::toIValue(node.inputs()[2]);
    return factor && factor->isScalar() && factor->toScalar().equal(1);
  }

  /// Where a ReLU ends, infinity for one that does not; none for other nodes.
  std::optional<double> ceiling_of(const Node& node) const {
    constexpr double kOfRelu6 = 6;
    const std::string& name = plan_of(node).name;
    if (name == "relu") return std::numeric_limits<double>::infinity();
    if (name == "relu6") return kOfRelu6;
    if (name != "hardtanh" || node.inputs().size() < 3) return std::nullopt;
    const auto least = torch::jit::toIValue(node.inputs()[1]);
    const auto most = torch::jit::toIValue(node.inputs()[2]);
    if (!least || !most || !least->isScalar() || !most->isScalar()) {
      return std::nullopt;
    }
    const double ceiling = most->toScalar().toDouble();
    const bool relu = least->toScalar().equal(0) && ceiling > 0;
    return relu ? std::optional(ceiling) : std::nullopt;
  }

  static bool read_only_by(const Value& value, const Node& reader) {
    return value.uses().size() == 1 && value.uses()[0].user == &reader &&
           value.node()->owningBlock() == reader.owningBlock();
  }

  /// Whether the node that makes `value` is a BatchNorm that may run with its
  /// reader.
  bool is_own_norm(const Value& value, const Node& reader) const {
    const auto found = program_.plans.find(value.node());
    return found != program_.plans.end() && is_norm(*value.node()) &&
           read_only_by(value, reader);
  }

  FusedTerm term_of(const Value& value, const Node& reader) const {
    if (!is_own_norm(value, reader)) return {&value, nullptr};
    return {value.node()->inputs()[0], value.node()};
  }

  void collect_sum(const Node& node, std::map<const Node*, FusedNodes>& groups)
      const {
    FusedNodes group;
    for (const Value* value : node.inputs().slice(0, 2)) {
      group.terms.push_back(term_of(*value, node));
      const Node* norm = group.terms.back().norm;
      if (norm != nullptr) group.before.push_back(norm);
    }
    if (group.before.empty()) return;
    // What it writes into has to be a value that nobody else reads.
    if (plan_of(node).in_place && group.terms[0].norm == nullptr) return;
    groups.emplace(&node, std::move(group));
  }

  void collect_relu(const Node& node, std::map<const Node*, FusedNodes>& groups)
      const {
    const Value& source = *node.inputs()[0];
    FusedNodes group;
    const auto sum = groups.find(source.node());
    if (sum != groups.end() && read_only_by(source, node)) {
      group = std::move(sum->second);
      group.before.push_back(sum->first);
      groups.erase(sum);
    } else if (is_own_norm(source, node)) {
      group.terms.push_back(term_of(source, node));
      group.before.push_back(source.node());
    } else {
      return;
    }
    group.relu = true;
    group.ceiling = *ceiling_of(node);
    groups.emplace(&node, std::move(group));
  }

  /// Whether something between the first node of a group and the last one may
  /// change what the group reads, or how it is computed.
  bool disturbed(const Node& last, FusedNodes& group) const {
    std::ranges::sort(group.before, [](const Node* a, const Node* b) {
      return a->isBefore(b);
    });
    const Node* node = group.before.front()->next();
    for (; node != &last; node = node->next()) {
      if (std::ranges::find(group.before, node) != group.before.end()) continue;
      if (!node->blocks().empty() || node->kind() == prim::Enter ||
          node->kind() == prim::Exit) {
        return true;
      }
      const NodePlan& plan = plan_of(*node);
      if (plan.treatment == Treatment::gradients) return true;
      if (!writes(*node, plan)) continue;
      const bool read = std::ranges::any_of(group.terms, [&](const auto& term) {
        return memory_.may_share(term.value, node->inputs()[0]);
      });
      if (read) return true;
    }
    return false;
  }

  ScriptProgram& program_;
  Memory memory_;
};

/// Looks at all that writes into tensors.
class Writers {
 public:
  explicit Writers(const ScriptProgram& program)
      : program_(program), memory_(program) {}

  /// Whether views that are copies could be told from views that are not.
  bool allow_copies() {
    collect(*program_.graph->block());
    if (unknown_) return false;
    return std::ranges::all_of(last_write_, [&](const auto& written) {
      return only_read_in_place(written.first, written.second);
    });
  }

 private:
  void collect(const Block& block) {
    for (const Node* node : block.nodes()) {
      if (node->kind() == prim::Loop) unknown_ = true;
      for (const Block* inner : node->blocks()) collect(*inner);
      const NodePlan& plan = program_.plans.at(node);
      if (!writes(*node, plan)) continue;
      const Value* owner = memory_.owner(node->inputs()[0]);
      if (owner == nullptr) {
        unknown_ = true;
        return;
      }
      // Counters of batches: attributes lie as they always do.
      if (owner == memory_.module()) continue;
      std::uint64_t& last = last_write_[owner];
      last = std::max(last, plan.place);
    }
  }

  /// Whether all that reads this memory reads it where it lies, or after the
  /// last write.
  bool only_read_in_place(const Value* owner, std::uint64_t last) const {
    std::vector<const Value*> pending{owner};
    while (!pending.empty()) {
      const Value* value = pending.back();
      pending.pop_back();
      for (const torch::jit::Use& use : value->uses()) {
        const Node& reader = *use.user;
        if (reader.kind() == prim::Return) continue;
        const NodePlan& plan = program_.plans.at(&reader);
        const bool passed_on =
            plan.treatment == Treatment::dropout || plan.in_place;
        if (passed_on && use.offset == 0) {
          pending.push_back(reader.outputs()[0]);
        } else if (!reads_in_place(reader, plan)) {
          if (!may_view(plan.name) || plan.place < last) return false;
        }
      }
    }
    return true;
  }

  bool reads_in_place(const Node& reader, const NodePlan& plan) const {
    if (plan.in_place || makes_own_memory(plan.name)) return true;
    if (reader.kind() == prim::ListConstruct) {
      return std::ranges::all_of(
          reader.output()->uses(), [&](const torch::jit::Use& use) {
            const auto found = program_.plans.find(use.user);
            return found != program_.plans.end() &&
                   one_of(found->second.name, {"cat", "stack"});
          });
    }
    return std::ranges::none_of(reader.outputs(), [](const Value* made) {
      const auto kind = made->type()->kind();
      return kind != c10::TypeKind::IntType &&
             kind != c10::TypeKind::BoolType &&
             kind != c10::TypeKind::FloatType;
    });
  }

  const ScriptProgram& program_;
  Memory memory_;
  bool unknown_ = false;
  std::map<const Value*, std::uint64_t> last_write_;  ///< by owner: its place
};

}  // namespace

void plan_fusions(ScriptProgram& program) {
  Fuser(program).fuse(*program.graph->block());
}

bool may_lie_channels_last(const ScriptProgram& program) {
  bool conv = false;
  bool norm = false;
  for (const auto& [node, plan] : program.plans) {
    if (tells_layout(plan.name)) return false;
    conv = conv || plan.kind == LayerKind::conv;
    norm = norm || plan.kind == LayerKind::batch_norm;
  }
  return conv && norm && Writers(program).allow_copies();
}

}  // namespace zcp::networks
