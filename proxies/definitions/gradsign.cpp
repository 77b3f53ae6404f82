// L_n is the loss of sample n alone, its BatchNorm statistics too. (The
// authors' gradsign.py takes the mean.) One forward and one backward pass are
// enough: BatchNorm normalises each sample by itself, so samples do not
// interact, and a layer's per-sample gradients are products of its recorded
// input and output gradient.
#include <map>

#include "proxies/engine/differentiate.h"
#include "proxies/engine/loss.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/per_sample.h"

namespace zcp::definitions {
namespace {

bool sees_one_value(const networks::LayerCall& call) {
  return call.kind == networks::LayerKind::batch_norm &&
         call.input.numel() == call.input.size(0) * call.input.size(1);
}

/// Per-sample gradients of layers that run several times are added before their
/// signs are taken.
engine::Score sum_of_signs(
    const networks::Network& network,
    const std::vector<const networks::LayerCall*>& layers,
    const std::vector<at::Tensor>& output_gradients) {
  const at::NoGradGuard no_grad;
  std::map<int, at::Tensor> by_weight;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!output_gradients[i].defined()) continue;
    const int slot = layers[i]->weight;
    const at::Tensor gradient = reductions::per_sample_weight_gradient(
        *layers[i],
        network.parameters()[static_cast<std::size_t>(slot)].value,
        output_gradients[i]);
    at::Tensor& sum = by_weight[slot];
    sum = sum.defined() ? sum + gradient : gradient;
  }
  std::vector<at::Tensor> terms;
  for (const auto& [slot, gradient] : by_weight) {
    terms.push_back(gradient.sign().sum(0).abs().sum(at::kDouble));
  }
  return engine::sum_of(terms, "a gradient is not finite");
}

engine::Score gradsign_score(const engine::Setting& setting) {
  const at::AutoGradMode mode(true);
  const auto network = engine::differentiable(*setting.network);
  const engine::DeviceMinibatch& batch = setting.minibatches[0];
  networks::Recording recording;
  const at::Tensor logits = network->forward(
      batch.x, networks::BatchNormMode::sample_statistics, &recording);
  const at::Tensor loss = engine::summed_loss(logits, batch, setting.run.loss);
  std::vector<at::Tensor> outputs;
  std::vector<const networks::LayerCall*> layers;
  for (const networks::LayerCall& call : recording.calls) {
    if (sees_one_value(call)) {
      return engine::Score::degenerate("a BatchNorm sees one value a channel");
    }
    if (call.weight < 0 || !call.output.requires_grad()) continue;
    outputs.push_back(call.output);
    layers.push_back(&call);
  }
  return sum_of_signs(
      *network,
      layers,
      engine::gradients_of(loss, outputs, engine::GraphUse::last));
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
      .mode = "train, BatchNorm by sample"};
  d.dtype = "exact integers";
  d.degenerate = "a BatchNorm that sees one value a channel";
  d.variant = "authors' sum over weights, not the mean";
  d.paper = "https://arxiv.org/abs/2110.08616";
  d.reference =
      "cmu-catalyst/GradSign: "
      "zero-cost-nas-code/foresight/pruners/measures/grad_conflict.py";
  d.make = engine::from_setting(gradsign_score);
  return d;
}

}  // namespace zcp::definitions
