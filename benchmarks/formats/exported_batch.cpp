#include "benchmarks/formats/exported_batch.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace zcp::formats {
namespace {

using Kind = ExportedArgument::Kind;

/// "conv2d" of "torch.ops.aten.conv2d.default" and of "aten.conv2d_.default".
std::string_view operator_name(std::string_view target) {
  constexpr std::string_view kStart = "torch.ops.aten.";
  if (!target.starts_with(kStart)) return target;
  target.remove_prefix(kStart.size());
  target = target.substr(0, target.find('.'));
  if (target.ends_with('_')) target.remove_suffix(1);
  return target;
}

/// Whether the operator's integers are of channels, windows and bounds.
bool is_layer(std::string_view name) {
  constexpr std::array<std::string_view, 24> kNames{
      "linear",     "addmm",       "batch_norm", "layer_norm",
      "group_norm", "relu",        "relu6",      "hardtanh",
      "hardswish",  "hardsigmoid", "silu",       "gelu",
      "sigmoid",    "tanh",        "elu",        "leaky_relu",
      "dropout",    "clone",       "contiguous", "detach",
      "softmax",    "mean",        "flatten",    "native_layer_norm"};
  return std::ranges::find(kNames, name) != kNames.end() ||
         name.starts_with("conv") || name == "_convolution" ||
         name.starts_with("_native_batch_norm_legit") ||
         name.find("pool") != std::string_view::npos ||
         name.starts_with("upsample");
}

/// Whether an argument of that name is a number of an axis, or a factor that is
/// 1 where nobody gives another.
bool is_axis(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames{
      "dim", "dims", "dim0", "dim1", "start_dim", "end_dim", "axis", "alpha"};
  return std::ranges::find(kNames, name) != kNames.end();
}

bool says(const ExportedArgument& argument, std::int64_t batch) {
  if (argument.kind == Kind::integer) {
    return argument.integer > 0 && argument.integer % batch == 0;
  }
  return std::ranges::any_of(argument.items, [&](const ExportedArgument& item) {
    return says(item, batch);
  });
}

bool says(const ExportedGraph& graph, std::int64_t batch) {
  for (const ExportedNode& node : graph.nodes) {
    if (is_layer(operator_name(node.target))) continue;
    for (const auto& [name, value] : node.inputs) {
      if (!is_axis(name) && says(value, batch)) return true;
    }
  }
  return false;
}

}  // namespace

void free_batch(ExportedProgram& program) {
  const auto input = std::ranges::find(
      program.inputs, ExportedInput::Kind::given, &ExportedInput::kind);
  if (input == program.inputs.end()) return;
  const auto meta = program.meta.find(input->name);
  if (meta == program.meta.end() || meta->second.axes.empty()) return;
  ExportedAxis& axis = meta->second.axes[0];
  if (axis.size < 1 || says(program.graph, axis.size)) return;
  const bool inner = std::ranges::any_of(
      program.graphs,
      [&](const ExportedGraph& graph) { return says(graph, axis.size); });
  if (!inner) axis = {};
}

}  // namespace zcp::formats
