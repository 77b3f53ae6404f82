#include "nets/networks/model_summary.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "common/error.h"
#include "common/hash.h"
#include "nets/networks/script_network.h"

namespace zcp::networks {
namespace {

Shape shape_of(const at::Tensor& tensor) {
  const auto size = [&](std::int64_t d) {
    return tensor.dim() > d ? static_cast<int>(tensor.size(d)) : 1;
  };
  // Sequences [N, tokens, D] and vectors [N, D]: features are channels.
  if (tensor.dim() == 3) return {size(2), size(1), 1};
  return {size(1), size(2), size(3)};
}

/// Multiply-accumulates of one call for one sample, as AutoDL counts them.
std::int64_t macs_of(const LayerCall& call, const at::Tensor& weight) {
  const Shape out = shape_of(call.output);
  return weight.numel() * out.height * out.width;
}

graph::Layer layer_of(const Network& network, const LayerCall& call) {
  graph::Layer layer{};
  layer.input = shape_of(call.input);
  layer.output = shape_of(call.output);
  const int slot = call.weight >= 0 ? call.weight : call.scale;
  layer.op = call.kind == LayerKind::conv     ? graph::Op::conv2d
             : call.kind == LayerKind::linear ? graph::Op::linear
                                              : graph::Op::batch_norm;
  if (slot < 0) return layer;
  const auto& parameters = network.parameters();
  const auto index = static_cast<std::size_t>(slot);
  const at::Tensor& weight = parameters[index].value;
  layer.params = weight.numel();
  layer.attributes.out_channels = layer.output.channels;
  const bool has_bias =
      index + 1 < parameters.size() &&
      (parameters[index + 1].kind == ParameterKind::bias ||
       parameters[index + 1].kind == ParameterKind::norm_shift);
  if (has_bias) layer.params += parameters[index + 1].value.numel();
  if (call.weight < 0) return layer;
  layer.macs = macs_of(call, weight);
  if (has_bias) layer.macs += layer.output.elements();
  if (call.kind == LayerKind::conv && weight.dim() == 4) {
    layer.attributes.window.kernel = static_cast<int>(weight.size(2));
    layer.attributes.groups =
        static_cast<int>(layer.input.channels / weight.size(1));
    layer.attributes.window.stride =
        (layer.input.height + layer.output.height - 1) /
        std::max(1, layer.output.height);
  }
  return layer;
}

bool is_layer(LayerKind kind) {
  return kind == LayerKind::conv || kind == LayerKind::linear ||
         kind == LayerKind::batch_norm;
}

}  // namespace

ModelSummary summarise_model(const std::filesystem::path& path, Shape input) {
  return summarise_model(*load_script_network(path, at::kFloat), path, input);
}

ModelSummary summarise_model(
    const ScriptNetwork& network,
    const std::filesystem::path& path,
    Shape input) {
  ModelSummary summary;
  summary.notes = network.notes();
  at::TensorOptions options;
  for (const auto& parameter : network.parameters()) {
    summary.params += parameter.value.numel();
    options = parameter.value.options();
  }
  const at::NoGradGuard no_grad;
  Recording recording;
  at::Tensor output;
  try {
    output = network.forward(
        at::ones({1, input.channels, input.height, input.width}, options),
        BatchNormMode::running_statistics,
        &recording);
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    throw UserError(
        "{}: does not take an input of {}x{}x{}: {}",
        path.string(),
        input.channels,
        input.height,
        input.width,
        text.substr(0, text.find('\n')));
  }
  summary.classes = static_cast<int>(output.numel());
  for (const LayerCall& call : recording.calls) {
    if (!is_layer(call.kind)) continue;
    const graph::Layer layer = layer_of(network, call);
    summary.macs += layer.macs;
    summary.hash = hash_combine(
        summary.hash,
        hash_combine(
            static_cast<std::uint64_t>(layer.params),
            hash_combine(
                static_cast<std::uint64_t>(layer.op),
                static_cast<std::uint64_t>(layer.output.elements()))));
    summary.layers.push_back(layer);
  }
  return summary;
}

}  // namespace zcp::networks
