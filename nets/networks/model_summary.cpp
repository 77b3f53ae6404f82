#include "nets/networks/model_summary.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/hash.h"
#include "nets/networks/script_network.h"

namespace zcp::networks {
namespace {

/// `last`: the features are the last axis, as of linear layers.
Shape shape_of(const at::Tensor& tensor, bool last) {
  const auto size = [&](std::int64_t d) {
    return tensor.dim() > d ? static_cast<int>(tensor.size(d)) : 1;
  };
  if (last && tensor.dim() == 4) return {size(3), size(1), size(2)};
  // Sequences [N, tokens, D] and vectors [N, D]: features are channels.
  if (last && tensor.dim() == 3) return {size(2), size(1), 1};
  return {size(1), size(2), size(3)};
}

/// Elements of a norm's scale and of the shift beside it.
std::int64_t norm_params(const Network& network, int scale) {
  if (scale < 0) return 0;
  const auto& parameters = network.parameters();
  const auto index = static_cast<std::size_t>(scale);
  std::int64_t params = parameters[index].value.numel();
  if (index + 1 < parameters.size() &&
      parameters[index + 1].kind == ParameterKind::norm_shift) {
    params += parameters[index + 1].value.numel();
  }
  return params;
}

graph::Layer layer_of(const Network& network, const LayerCall& call) {
  graph::Layer layer{};
  const bool linear = call.kind == LayerKind::linear;
  layer.input = shape_of(call.input, linear);
  layer.output = shape_of(call.output, linear);
  layer.op = call.kind == LayerKind::conv ? graph::Op::conv2d
             : linear                     ? graph::Op::linear
                                          : graph::Op::batch_norm;
  layer.attributes.out_channels = layer.output.channels;
  layer.macs = call.macs;
  layer.params = norm_params(network, call.scale);
  if (call.used_weight.defined()) layer.params = call.used_weight.numel();
  if (call.used_bias.defined()) layer.params += call.used_bias.numel();
  if (call.kind == LayerKind::conv) {
    layer.attributes.groups = static_cast<int>(call.groups);
    if (!call.windows.empty()) {
      layer.attributes.window.kernel = call.windows[0].kernel;
      layer.attributes.window.stride = call.windows[0].stride;
    }
  }
  return layer;
}

bool is_layer(LayerKind kind) {
  return kind == LayerKind::conv || kind == LayerKind::linear ||
         kind == LayerKind::batch_norm;
}

/// So many inputs of one number, or of one word.
at::Tensor inputs_of(
    const ScriptNetwork& network,
    Shape input,
    std::int64_t samples,
    int number) {
  const at::TensorOptions options =
      network.parameters().empty()
          ? at::TensorOptions()
          : network.parameters().back().value.options();
  if (network.vocabulary() == 0) {
    return at::full(
        {samples, input.channels, input.height, input.width}, number, options);
  }
  if (input.channels != 1 || input.width != 1) {
    throw std::invalid_argument("reads words, expected --task tokens");
  }
  return at::full({samples, input.height}, number, options.dtype(at::kLong));
}

/// The output for so many inputs of ones, or of words 0.
at::Tensor run_on_ones(
    const ScriptNetwork& network,
    Shape input,
    std::int64_t samples,
    Recording& recording) {
  const int number = network.vocabulary() > 0 ? 0 : 1;
  at::Tensor output = network.forward(
      inputs_of(network, input, samples, number),
      BatchNormMode::running_statistics,
      &recording);
  if (!output.is_floating_point()) {
    throw std::invalid_argument(
        std::string("returns numbers of the type ") +
        at::toString(output.scalar_type()) + ", expected logits");
  }
  return output;
}

/// What one run showed.
struct Probe {
  Recording recording;
  at::Tensor output;
  std::int64_t samples = 1;
};

/// On as few samples as the file allows; where one is refused, on `samples`.
Probe probe(const ScriptNetwork& network, Shape input, std::int64_t samples) {
  Probe made;
  made.samples = network.least_batch();
  try {
    made.output = run_on_ones(network, input, made.samples, made.recording);
    return made;
  } catch (const UserError&) {
    throw;
  } catch (const std::exception&) {
    if (samples <= made.samples) throw;
    Probe more;
    more.samples = samples;
    try {
      more.output = run_on_ones(network, input, samples, more.recording);
    } catch (const std::exception&) {
      // What is said of one sample is closer to the cause.
    }
    if (!more.output.defined()) throw;
    return more;
  }
}

bool differ(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() && b.defined() && !at::equal(a, b);
}

/// Divides the MACs of a run by its samples. What is computed of parameters
/// alone, such as a table of positions, is computed once however many they are:
/// it is the same for other inputs.
void divide_by_samples(const ScriptNetwork& network, Shape input, Probe& run) {
  if (run.samples == 1) return;
  std::vector<LayerCall>& calls = run.recording.calls;
  Recording other;
  // Several inputs are not all numbers that may be anything.
  if (network.inputs().empty()) {
    try {
      const int number = network.vocabulary() > 0 ? 1 : 2;
      network.forward(
          inputs_of(network, input, run.samples, number),
          BatchNormMode::running_statistics,
          &other);
    } catch (const std::exception&) {
      // It does not take these. All is then taken to be of the samples.
    }
  }
  const bool known = other.calls.size() == calls.size();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const bool of_samples = !known ||
                            differ(calls[i].input, other.calls[i].input) ||
                            differ(calls[i].output, other.calls[i].output);
    if (of_samples) calls[i].macs /= run.samples;
  }
}

}  // namespace

ModelSummary summarise_model(
    const ModelSource& file,
    Shape input,
    const ScriptOptions& options) {
  return summarise_model(
      *load_script_network(file, at::kFloat, options), file.path(), input);
}

ModelSummary summarise_model(
    const ScriptNetwork& network,
    const std::filesystem::path& path,
    Shape input,
    std::int64_t samples) {
  ModelSummary summary;
  summary.notes = network.notes();
  for (const auto& parameter : network.parameters()) {
    summary.params += parameter.value.numel();
  }
  const at::NoGradGuard no_grad;
  Probe run;
  try {
    run = probe(network, input, samples);
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    const auto* torch = dynamic_cast<const c10::Error*>(&error);
    const std::string text =
        torch != nullptr ? torch->what_without_backtrace() : error.what();
    const auto& several = network.inputs();
    const std::string given =
        several.empty()
            ? fmt::format(
                  "an input of {}x{}x{}",
                  input.channels,
                  input.height,
                  input.width)
            : fmt::format(
                  "the {} inputs of {}", several.all.size(), several.source);
    throw UserError(
        "{}: does not take {}: {}",
        path.string(),
        given,
        text.substr(0, text.find('\n')));
  }
  const at::Tensor& output = run.output;
  summary.classes = static_cast<int>(output.numel() / run.samples);
  summary.outputs = output.dim() > 1 ? static_cast<int>(output.size(1)) : 1;
  divide_by_samples(network, input, run);
  for (const LayerCall& call : run.recording.calls) {
    summary.macs += call.macs;
    if (!is_layer(call.kind)) continue;
    const graph::Layer layer = layer_of(network, call);
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
