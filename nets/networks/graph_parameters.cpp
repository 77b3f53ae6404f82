#include "nets/networks/graph_parameters.h"

#include <algorithm>
#include <functional>

#include "common/error.h"
#include "common/random.h"

namespace zcp::networks {
namespace {

initialisers::Fans fans_of(const graph::Graph& graph, const graph::Node& node) {
  const graph::Layer& layer = graph.layers()[graph::at_index(node.layer)];
  const graph::Attributes& a = layer.attributes;
  const bool convolution =
      layer.op == graph::Op::conv2d || layer.op == graph::Op::conv_transpose2d;
  const std::int64_t taps =
      convolution ? std::int64_t{a.window.kernel} * a.window.kernel : 1;
  // PyTorch reads the fans off the weight, which is [in, out, k, k] here.
  if (layer.op == graph::Op::conv_transpose2d) {
    return {taps * a.out_channels, taps * layer.input.channels};
  }
  return {
      taps * layer.input.channels / a.groups, taps * a.out_channels / a.groups};
}

/// Every parameter with the float32 values that `fill` writes.
std::vector<Parameter> filled(
    const GraphPlan& plan,
    const at::TensorOptions& options,
    const std::function<
        void(const PlannedParameter& parameter, std::span<float> values)>&
        fill) {
  std::vector<Parameter> parameters;
  for (const PlannedParameter& planned : plan.parameters) {
    at::Tensor value = at::empty(planned.sizes, at::kFloat);
    fill(
        planned,
        {value.data_ptr<float>(), static_cast<std::size_t>(value.numel())});
    value = value.to(options);
    if (planned.kind == ParameterKind::conv_weight) {
      value = value.contiguous(kGraphLayout);
    }
    parameters.push_back(
        {planned.name, planned.kind, std::move(value), planned.declared});
  }
  return parameters;
}

}  // namespace

std::vector<Parameter> drawn_parameters(
    const GraphPlan& plan,
    initialisers::Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options) {
  const auto draw = [&](const PlannedParameter& parameter,
                        std::span<float> values) {
    const graph::Node& node =
        plan.graph.nodes()[graph::at_index(parameter.node)];
    switch (parameter.kind) {
      case ParameterKind::norm_scale:
        std::ranges::fill(values, 1.0F);
        break;
      case ParameterKind::norm_shift:
        std::ranges::fill(values, 0.0F);
        break;
      case ParameterKind::bias:
        initialisers::draw_bias(
            initialiser,
            fans_of(plan.graph, node),
            derive_seed(seed, "bias", node.identity),
            values);
        break;
      default:
        initialisers::draw_weight(
            initialiser,
            fans_of(plan.graph, node),
            derive_seed(seed, "weight", node.identity),
            values);
    }
  };
  return filled(plan, options, draw);
}

std::vector<Parameter> given_parameters(
    const GraphPlan& plan,
    std::span<const float> values,
    const at::TensorOptions& options) {
  if (static_cast<std::int64_t>(values.size()) != plan.graph.params()) {
    throw UserError(
        "found {} weights, expected {}, the network's parameters",
        values.size(),
        plan.graph.params());
  }
  // Where each declared layer's values begin.
  std::vector<std::size_t> offsets;
  std::size_t offset = 0;
  for (const graph::Layer& layer : plan.graph.layers()) {
    offsets.push_back(offset);
    offset += static_cast<std::size_t>(layer.params);
  }
  const auto copy = [&](const PlannedParameter& parameter,
                        std::span<float> out) {
    const auto layer = graph::at_index(
        plan.graph.nodes()[graph::at_index(parameter.node)].layer);
    std::size_t begin = offsets[layer];
    if (parameter.kind == ParameterKind::bias ||
        parameter.kind == ParameterKind::norm_shift) {
      begin += static_cast<std::size_t>(plan.graph.layers()[layer].params) -
               out.size();
    }
    std::ranges::copy(values.subspan(begin, out.size()), out.begin());
  };
  return filled(plan, options, copy);
}

}  // namespace zcp::networks
