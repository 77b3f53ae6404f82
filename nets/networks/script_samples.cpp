#include "nets/networks/script_samples.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/one_of.h"
#include "nets/networks/script_parameters.h"

namespace zcp::networks {
namespace {

using torch::jit::Node;
using torch::jit::Value;
namespace prim = torch::jit::prim;

/// Images: samples, channels, rows, columns.
constexpr std::int64_t kMap = 4;

/// Whether an operator works on each number by itself.
bool is_elementwise(LayerKind kind) {
  return kind == LayerKind::relu || kind == LayerKind::bounded_activation ||
         kind == LayerKind::smooth_activation;
}

/// Whether an operator takes each sample's map by itself. The convolutions of
/// other axes take the first one of four for channels.
bool is_of_maps(const NodePlan& plan) {
  if (plan.kind == LayerKind::conv) {
    return !plan.name.ends_with("1d") && !plan.name.ends_with("3d");
  }
  return one_of(plan.name, {"max_pool2d", "avg_pool2d", "adaptive_avg_pool2d"});
}

/// A constant whole number.
std::optional<std::int64_t> number(const Value& value) {
  const auto constant = torch::jit::toIValue(&value);
  if (!constant || !constant->isInt()) return std::nullopt;
  return constant->toInt();
}

/// Constant whole numbers of a list that nothing else reads: it could be
/// written into.
std::optional<std::vector<std::int64_t>> numbers(const Value& value) {
  if (const auto constant = torch::jit::toIValue(&value)) {
    if (!constant->isIntList()) return std::nullopt;
    return constant->toIntVector();
  }
  if (value.node()->kind() != prim::ListConstruct || value.uses().size() > 1) {
    return std::nullopt;
  }
  std::vector<std::int64_t> all;
  for (const Value* one : value.node()->inputs()) {
    const auto found = number(*one);
    if (!found) return std::nullopt;
    all.push_back(*found);
  }
  return all;
}

/// The axis that a number means, which counts from the last one if negative.
std::int64_t place_of(std::int64_t axis, std::int64_t axes) {
  return axis < 0 ? axis + axes : axis;
}

/// Follows the tensors that have a row a sample.
class Rows {
 public:
  Rows(
      const ScriptProgram& program,
      const std::vector<Parameter>& parameters,
      std::int64_t axes)
      : program_(program), parameters_(parameters) {
    axes_[program.graph->inputs()[1]] = axes;
  }

  /// Whether the node's results are such tensors, too, or do not depend on
  /// samples.
  bool accept(const Node& node) {
    const auto inputs = node.inputs();
    const auto count = std::ranges::count_if(
        inputs, [&](const Value* value) { return axes_.contains(value); });
    if (count == 0) return node.blocks().empty() && !is_seen(node);
    if (node.kind() == prim::ListConstruct) {
      return count == std::ssize(inputs) && all_have(inputs) &&
             keep(node, axes_.at(inputs[0]));
    }
    const NodePlan& plan = program_.plans.at(&node);
    if (plan.treatment == Treatment::ignored) return true;
    // Into a tensor that is not followed.
    const bool writes = plan.schema != nullptr && plan.schema->is_mutable();
    if (writes && !plan.in_place) return false;
    const auto found = axes_.find(inputs[0]);
    if (found == axes_.end()) return false;
    if (one_of(plan.name, {"add", "mul"})) {
      return are_terms(inputs, count) && keep(node, found->second);
    }
    return count == 1 && accept_one(node, plan, found->second);
  }

 private:
  /// A node whose first argument is the only tensor that has rows.
  bool accept_one(const Node& node, const NodePlan& plan, std::int64_t axes) {
    if (plan.treatment == Treatment::dropout) return keep(node, axes);
    if (plan.treatment == Treatment::batch_norm) {
      return axes == kMap && keep(node, axes);
    }
    if (plan.treatment != Treatment::plain) return false;
    if (is_elementwise(plan.kind)) return keep(node, axes);
    if (is_of_maps(plan)) return axes == kMap && keep(node, axes);
    if (plan.name == "linear") {
      return axes >= 2 && is_matrix(*node.inputs()[1]) && keep(node, axes);
    }
    if (plan.name == "cat") return accept_cat(node, axes);
    if (plan.name == "flatten") return accept_flatten(node, axes);
    if (plan.name == "mean") return accept_mean(node, axes);
    return false;
  }

  /// Whether observers see what the node makes, which does not depend on
  /// samples. Counters of batches are seen as sums, which nobody takes rows of.
  bool is_seen(const Node& node) const {
    const auto found = program_.plans.find(&node);
    return found != program_.plans.end() && found->second.recorded &&
           found->second.kind != LayerKind::sum;
  }

  /// Of one axis it would take the features of x away.
  bool is_matrix(const Value& weight) const {
    const int index = parameter_of(program_, &weight);
    return index >= 0 &&
           parameters_[static_cast<std::size_t>(index)].value.dim() == 2;
  }

  /// Its first argument is a list of such tensors.
  bool accept_cat(const Node& node, std::int64_t axes) {
    const auto axis = number(*node.inputs()[1]);
    return axis && place_of(*axis, axes) > 0 && keep(node, axes);
  }

  bool accept_flatten(const Node& node, std::int64_t axes) {
    const auto first = number(*node.inputs()[1]);
    const auto last = number(*node.inputs()[2]);
    if (!first || !last) return false;
    const std::int64_t begin = place_of(*first, axes);
    const std::int64_t end = place_of(*last, axes);
    return begin > 0 && end >= begin && keep(node, axes - (end - begin));
  }

  bool accept_mean(const Node& node, std::int64_t axes) {
    if (node.inputs().size() < 3) return false;
    const auto over = numbers(*node.inputs()[1]);
    const auto kept = torch::jit::toIValue(node.inputs()[2]);
    if (!over || over->empty() || !kept || !kept->isBool()) return false;
    const bool apart = std::ranges::all_of(
        *over, [&](std::int64_t axis) { return place_of(axis, axes) > 0; });
    return apart &&
           keep(node, kept->toBool() ? axes : axes - std::ssize(*over));
  }

  /// The terms of a sum, or the factors of a product: two tensors that have
  /// rows, or one and a number.
  bool are_terms(at::ArrayRef<const Value*> inputs, std::ptrdiff_t count)
      const {
    if (count == 2) return all_have(inputs.slice(0, 2));
    const auto constant = torch::jit::toIValue(inputs[1]);
    return count == 1 && constant && constant->isScalar();
  }

  bool all_have(at::ArrayRef<const Value*> values) const {
    return std::ranges::all_of(values, [&](const Value* value) {
      const auto found = axes_.find(value);
      return found != axes_.end() && found->second == axes_.at(values[0]);
    });
  }

  /// Notes the first result; others, such as statistics, may not be read.
  bool keep(const Node& node, std::int64_t axes) {
    const auto results = node.outputs();
    if (results.empty()) return false;
    axes_[results[0]] = axes;
    return node.blocks().empty() &&
           std::ranges::none_of(
               results.slice(1), [](const Value* v) { return v->hasUses(); });
  }

  const ScriptProgram& program_;
  const std::vector<Parameter>& parameters_;
  /// How many axes the tensors have whose first one is that of samples; of a
  /// list, those of its tensors.
  std::unordered_map<const Value*, std::int64_t> axes_;
};

}  // namespace

bool keeps_samples_apart(
    const ScriptProgram& program,
    const std::vector<Parameter>& parameters,
    std::int64_t axes) {
  // Without words, inputs after the first have their defaults.
  if (!program.options.inputs.empty() || program.words != nullptr ||
      program.graph->inputs().size() < 2) {
    return false;
  }
  Rows rows(program, parameters, axes);
  return std::ranges::all_of(
      program.graph->block()->nodes(),
      [&](const Node* node) { return rows.accept(*node); });
}

}  // namespace zcp::networks
