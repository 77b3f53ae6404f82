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

/// Writes the float32 values of a parameter.
using Fill = std::function<
    void(const PlannedParameter& parameter, std::span<float> values)>;

std::span<float> values_of(const at::Tensor& host) {
  return {host.data_ptr<float>(), static_cast<std::size_t>(host.numel())};
}

/// On the processor, each in memory of its own.
std::vector<at::Tensor> filled_here(
    const GraphPlan& plan,
    const at::TensorOptions& options,
    const Fill& fill) {
  std::vector<at::Tensor> tensors;
  for (const PlannedParameter& planned : plan.parameters) {
    at::Tensor value = at::empty(planned.sizes, at::kFloat);
    fill(planned, values_of(value));
    value = value.to(options);
    if (planned.kind == ParameterKind::conv_weight) {
      value = value.contiguous(graph_layout(value.device()));
    }
    tensors.push_back(std::move(value));
  }
  return tensors;
}

/// Where each parameter begins in memory that holds all of them, and at the
/// end where that ends. Convolutions want their weights at multiples of some
/// bytes.
std::vector<std::int64_t> offsets_of(const GraphPlan& plan) {
  constexpr std::int64_t kMultiple = 64;
  std::vector<std::int64_t> offsets{0};
  for (const PlannedParameter& planned : plan.parameters) {
    const std::int64_t count = c10::multiply_integers(planned.sizes);
    offsets.push_back(
        offsets.back() + (count + kMultiple - 1) / kMultiple * kMultiple);
  }
  return offsets;
}

/// On another device, all in one piece of memory, which one copy brings there.
std::vector<at::Tensor> filled_there(
    const GraphPlan& plan,
    const at::TensorOptions& options,
    const Fill& fill) {
  const std::vector<std::int64_t> offsets = offsets_of(plan);
  const auto part = [&](const at::Tensor& all, std::size_t i) {
    const auto& sizes = plan.parameters[i].sizes;
    return all.narrow(0, offsets[i], c10::multiply_integers(sizes)).view(sizes);
  };
  const bool pinned = options.device().is_cuda();
  const at::Tensor host = at::empty(
      {offsets.back()}, at::TensorOptions(at::kFloat).pinned_memory(pinned));
  for (std::size_t i = 0; i < plan.parameters.size(); ++i) {
    fill(plan.parameters[i], values_of(part(host, i)));
  }
  const at::Tensor there =
      host.to(options.device(), at::kFloat, pinned).to(options.dtype());
  std::vector<at::Tensor> tensors;
  for (std::size_t i = 0; i < plan.parameters.size(); ++i) {
    tensors.push_back(part(there, i));
  }
  return tensors;
}

/// Every parameter with the values that `fill` writes.
std::vector<Parameter> filled(
    const GraphPlan& plan,
    const at::TensorOptions& options,
    const Fill& fill) {
  std::vector<at::Tensor> tensors = options.device().is_cpu()
                                        ? filled_here(plan, options, fill)
                                        : filled_there(plan, options, fill);
  std::vector<Parameter> parameters;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const PlannedParameter& planned = plan.parameters[i];
    parameters.push_back(
        {planned.name, planned.kind, std::move(tensors[i]), planned.declared});
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
