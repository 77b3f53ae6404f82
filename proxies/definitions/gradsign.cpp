// L_n is the loss of sample n alone, its BatchNorm statistics too. (The
// authors' gradsign.py takes the mean.) Where the network's tensors have a row
// a sample, one forward and one backward pass are enough: BatchNorm normalises
// each sample by itself, so samples do not interact, and a layer's per-sample
// gradients are products of its recorded input and output gradient. Elsewhere
// (attention over [tokens, N, D], windows or patches in the batch, weights that
// are computed from others) each sample has a forward and a backward pass of
// its own.
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <map>
#include <optional>

#include "proxies/engine/differentiate.h"
#include "proxies/engine/loss.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/per_sample.h"
#include "proxies/reductions/sample_axis.h"
#include "proxies/reductions/sample_parts.h"

namespace zcp::definitions {
namespace {

bool sees_one_value(const networks::LayerCall& call) {
  return call.kind == networks::LayerKind::batch_norm &&
         call.input.numel() == call.input.size(0) * call.input.size(1);
}

using LayerCalls = std::vector<const networks::LayerCall*>;

/// The gradients at the output of each call, and at each weight.
struct Gradients {
  std::vector<at::Tensor> outputs;
  std::vector<at::Tensor> weights;  // by parameter index
};

Gradients gradients_of_calls(
    const at::Tensor& loss,
    const networks::Network& network,
    const LayerCalls& layers,
    bool weights) {
  std::vector<at::Tensor> variables;
  for (const auto* call : layers) variables.push_back(call->output);
  if (weights) {
    for (const auto& parameter : network.parameters()) {
      variables.push_back(
          parameter.is_layer_weight() ? parameter.value : at::Tensor());
    }
  }
  auto all = engine::gradients_of(loss, variables, engine::GraphUse::last);
  const auto middle = all.begin() + std::ssize(layers);
  return {{all.begin(), middle}, {middle, all.end()}};
}

/// How far the gradients of the samples [N, numel(W)] are from adding up to
/// that of their summed loss.
struct Agreement {
  at::Tensor difference;  ///< the largest
  at::Tensor scale;       ///< of the largest sum of magnitudes

  void add(const at::Tensor& by_sample, const at::Tensor& whole) {
    const at::Tensor apart = (by_sample.sum(0) - whole.flatten()).abs().max();
    const at::Tensor size = by_sample.abs().sum(0).max();
    difference = difference.defined() ? at::max(difference, apart) : apart;
    scale = scale.defined() ? at::max(scale, size) : size;
  }

  /// As far as rounding lets tell.
  bool adds_up() const {
    constexpr double kRounding = 1e-3;
    return (difference <= kRounding * scale).item<bool>();
  }
};

/// 0, or NaN where a gradient is not finite: the sign of NaN is 0.
at::Tensor nothing_of(const at::Tensor& gradient) {
  return gradient.sum(at::kDouble) * 0;
}

/// The part of a call that makes some of its outputs: rows of its weight.
at::Tensor output_part(
    const networks::LayerCall& call,
    const at::Tensor& gradient,
    std::int64_t begin,
    std::int64_t end) {
  const std::int64_t axis = call.kind == networks::LayerKind::conv ? 1 : -1;
  return gradient.slice(axis, begin, end);
}

/// How many rows of a weight are worked on at once: as many as 256 MiB hold for
/// all samples. A convolution in groups is not divided.
std::int64_t rows_at_once(
    const at::Tensor& weight,
    const networks::LayerCall& call) {
  constexpr std::int64_t kBytes = std::int64_t{256} << 20;
  const std::int64_t row = weight[0].numel() * call.input.size(0) *
                           static_cast<std::int64_t>(weight.element_size());
  if (call.groups > 1) return weight.size(0);
  return std::clamp<std::int64_t>(
      kBytes / std::max<std::int64_t>(row, 1), 1, weight.size(0));
}

/// The sum over weights, layer by layer, so that the per-sample gradients of a
/// part of one weight at a time are held. Those of layers that run several
/// times are added before their signs are taken. None where they do not add up
/// to `gradients.weights`, if that holds any: then the layer is not what its
/// call says.
std::optional<engine::Score> sum_of_signs(
    const networks::Network& network,
    const LayerCalls& layers,
    const Gradients& gradients) {
  const at::NoGradGuard no_grad;
  std::map<int, std::vector<std::size_t>> calls_of_weight;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!gradients.outputs[i].defined()) continue;
    calls_of_weight[layers[i]->weight].push_back(i);
  }
  const bool checked = !gradients.weights.empty();
  std::vector<at::Tensor> terms;
  for (const at::Tensor& gradient : gradients.outputs) {
    if (gradient.defined()) terms.push_back(nothing_of(gradient));
  }
  for (const auto& [slot, calls] : calls_of_weight) {
    const auto index = static_cast<std::size_t>(slot);
    const at::Tensor& weight = network.parameters()[index].value;
    if (checked && !gradients.weights[index].defined()) return std::nullopt;
    const std::int64_t step = rows_at_once(weight, *layers[calls[0]]);
    Agreement agreement;
    for (std::int64_t begin = 0; begin < weight.size(0); begin += step) {
      const std::int64_t end = std::min(begin + step, weight.size(0));
      const at::Tensor rows = weight.slice(0, begin, end);
      at::Tensor sum;
      for (const std::size_t i : calls) {
        const at::Tensor gradient = reductions::per_sample_weight_gradient(
            *layers[i],
            rows,
            output_part(*layers[i], gradients.outputs[i], begin, end));
        sum = sum.defined() ? sum + gradient : gradient;
      }
      if (checked) {
        const at::Tensor whole = gradients.weights[index].slice(0, begin, end);
        if (sum.size(1) != whole.numel()) return std::nullopt;
        agreement.add(sum, whole);
      }
      terms.push_back(sum.sign_().sum(0).abs().sum(at::kDouble));
    }
    if (checked && !agreement.adds_up()) return std::nullopt;
  }
  return engine::sum_of(terms, "a gradient is not finite");
}

/// Whether some layer matters so little to the loss, beside another one, that
/// its gradient may be what rounding left.
bool may_be_noise(const LayerCalls& layers, const Gradients& gradients) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> sizes;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!gradients.outputs[i].defined()) continue;
    sizes.push_back(
        gradients.outputs[i].norm(2, at::kDouble) *
        layers[i]->output.norm(2, at::kDouble));
  }
  if (sizes.empty()) return false;
  constexpr double kSmall = 1e-3;
  const at::Tensor all = at::stack(sizes);
  return (all < kSmall * all.max()).any().item<bool>();
}

/// The gradients of a sample's loss, times a factor, at the layers' weights.
std::vector<at::Tensor> sample_gradients(
    const engine::Setting& setting,
    const networks::Network& network,
    const engine::DeviceMinibatch& one,
    double factor) {
  const at::Tensor logits = network.forward(
      one.x, networks::BatchNormMode::batch_statistics, nullptr);
  const at::Tensor loss = engine::summed_loss(logits, one, setting.run);
  return engine::gradients_of(
      factor * loss, engine::layer_weights(network), engine::GraphUse::last);
}

/// Whether rounding decides on the signs: a hundredth of the first sample's
/// are others where the last bits of its pixels are, and its loss is multiplied
/// by three. A BatchNorm of one sample right before the last layer and its pool
/// gives every channel the same mean, whatever the sample, and so the layers
/// before it no gradient.
bool signs_are_noise(
    const engine::Setting& setting,
    const networks::Network& network) {
  engine::DeviceMinibatch one =
      reductions::part_of(setting.minibatches[0], 0, 1);
  const auto first = sample_gradients(setting, network, one, 1);
  one.x = engine::with_other_last_bits(one.x);
  const auto second = sample_gradients(setting, network, one, 3);
  const at::NoGradGuard no_grad;
  std::int64_t signs = 0;
  std::int64_t others = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!first[i].defined() || !second[i].defined()) continue;
    const at::Tensor sign = first[i].sign();
    signs += sign.count_nonzero().item<std::int64_t>();
    others += (sign != second[i].sign()).sum().item<std::int64_t>();
  }
  return 100 * others > signs;
}

constexpr const char* kNoise =
    "over a hundredth of the signs of single samples' gradients is rounding "
    "noise, as where a BatchNorm stands right before the last layer";

/// The same score by a forward and a backward pass a sample, whatever the
/// network does with its tensors.
engine::Score score_by_samples(
    const engine::Setting& setting,
    const networks::Network& network) {
  if (signs_are_noise(setting, network)) {
    return engine::Score::degenerate(kNoise);
  }
  const engine::DeviceMinibatch& batch = setting.minibatches[0];
  const std::vector<at::Tensor> weights = engine::layer_weights(network);
  std::vector<at::Tensor> signs(weights.size());
  std::vector<at::Tensor> terms;
  for (std::int64_t n = 0; n < batch.x.size(0); ++n) {
    const engine::DeviceMinibatch one = reductions::part_of(batch, n, 1);
    const at::Tensor loss = engine::summed_loss(
        network.forward(
            one.x, networks::BatchNormMode::batch_statistics, nullptr),
        one,
        setting.run);
    const auto gradients =
        engine::gradients_of(loss, weights, engine::GraphUse::last);
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (!gradients[i].defined()) continue;
      terms.push_back(nothing_of(gradients[i]));
      const at::Tensor sign = gradients[i].sign();
      signs[i] = signs[i].defined() ? signs[i] + sign : sign;
    }
  }
  for (const at::Tensor& sum : signs) {
    if (sum.defined()) terms.push_back(sum.abs().sum(at::kDouble));
  }
  return engine::sum_of(terms, "a gradient is not finite");
}

/// Whether a file's linear layer has its weight as [out, in], not transposed.
bool is_as_stored(const networks::LayerCall& call, const at::Tensor& weight) {
  const at::Tensor& used = call.used_weight;
  return !used.defined() ||
         (used.sizes() == weight.sizes() && used.strides() == weight.strides());
}

/// Whether per_sample_weight_gradient() knows the layer: convolutions of maps
/// with windows given by numbers, and linear layers that use a whole weight.
bool has_layer_form(
    const networks::LayerCall& call,
    const networks::Network& network) {
  const auto slot = static_cast<std::size_t>(call.weight);
  const at::Tensor& weight = network.parameters()[slot].value;
  if (call.kind == networks::LayerKind::conv) {
    return weight.dim() == 4 && call.windows.size() == 2;
  }
  return call.kind == networks::LayerKind::linear && weight.dim() == 2 &&
         is_as_stored(call, weight);
}

engine::Score gradsign_score(const engine::Setting& setting) {
  if (const auto fault = engine::layer_weight_fault(*setting.network)) {
    return engine::Score::degenerate(*fault);
  }
  const at::AutoGradMode mode(true);
  const auto network = engine::differentiable(*setting.network);
  const bool traced = setting.graph == nullptr;
  if (traced &&
      reductions::sample_axis_fault(setting, &reductions::has_weight)) {
    return score_by_samples(setting, *network);
  }
  const engine::DeviceMinibatch& batch = setting.minibatches[0];
  networks::Recording recording;
  const at::Tensor logits = network->forward(
      batch.x, networks::BatchNormMode::sample_statistics, &recording);
  const at::Tensor loss = engine::summed_loss(logits, batch, setting.run);
  // A file may divide a whole minibatch that it does not divide when it is
  // small.
  if (traced && reductions::whole_batch_fault(
                    recording, batch.x.size(0), &reductions::has_weight)) {
    return score_by_samples(setting, *network);
  }
  LayerCalls layers;
  bool known = !traced || !engine::layer_call_fault(*network, recording);
  for (const networks::LayerCall& call : recording.calls) {
    if (sees_one_value(call)) {
      return engine::Score::degenerate("a BatchNorm sees one value a channel");
    }
    if (call.weight < 0 || !call.output.requires_grad()) continue;
    layers.push_back(&call);
    known = known && has_layer_form(call, *network);
  }
  if (known) {
    const Gradients gradients =
        gradients_of_calls(loss, *network, layers, traced);
    if (may_be_noise(layers, gradients) && signs_are_noise(setting, *network)) {
      return engine::Score::degenerate(kNoise);
    }
    const auto score = sum_of_signs(*network, layers, gradients);
    if (score) return *score;
  }
  return score_by_samples(setting, *network);
}

}  // namespace

engine::Descriptor gradsign() {
  engine::Descriptor d;
  d.family = "gradient statistics";
  d.formula = "sum over weights of |sum_n sign(dL_n/dw)|";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::own,
      .minibatches = 1,
      .labels = true,
      .numbers_a_parameter = 2,  // sums of signs, and a sample's gradients
      .numbers_an_output = 3,  // with gradients, and copies without statistics
      .mode = "train, BatchNorm by sample"};
  d.dtype = "exact integers";
  d.degenerate =
      "a BatchNorm that sees one value a channel; gradients that are rounding "
      "noise";
  d.variant = "authors' sum over weights, not the mean";
  d.paper = "https://arxiv.org/abs/2110.08616";
  d.reference =
      "cmu-catalyst/GradSign: "
      "zero-cost-nas-code/foresight/pruners/measures/grad_conflict.py";
  d.make = engine::from_setting(gradsign_score);
  return d;
}

}  // namespace zcp::definitions
