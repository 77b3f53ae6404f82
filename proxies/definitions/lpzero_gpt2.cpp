// The published formula is (weight: pow, l1) + (grad: softmax, pow) with the
// gradients g of a language model's loss. In the authors' code l1 is a mean, a
// layer's term the mean over its weights, and the softmax goes along the first
// axis of the weight as it is stored: the outputs of a linear layer, the inputs
// of GPT-2's own layers ([inputs, outputs]). The gradients of a mean loss are
// small, so that a softmax over n numbers gives nearly 1 / n^2. That of a
// classifier of few classes would rule the sum, and it is left out: in GPT-2 it
// has the whole vocabulary, and of other networks the authors take the layers
// of the blocks alone.
#include <set>
#include <vector>

#include "proxies/engine/observer.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {
namespace {

at::Tensor term(const at::Tensor& weight, const at::Tensor& gradient) {
  const at::Tensor shares = at::softmax(gradient, 0, at::kDouble);
  return weight.detach().square().mean(at::kDouble) + shares.square().mean();
}

engine::Score mean_over_layers(const engine::Pass& pass) {
  std::vector<at::Tensor> terms;
  std::set<int> seen;
  bool heads = false;
  for (const networks::LayerCall& call : pass.recording.calls) {
    if (call.kind != networks::LayerKind::linear) continue;
    // GPT-2's layers have a row for each token of each sample.
    if (call.output.dim() == 2 && call.output.size(0) == pass.x.size(0)) {
      continue;
    }
    heads = heads || reductions::feeds_heads(call);
    if (call.weight < 0) {
      return engine::Score::degenerate(
          "the weight of a linear layer is no parameter of its own");
    }
    if (!seen.insert(call.weight).second) continue;
    const auto index = static_cast<std::size_t>(call.weight);
    const at::Tensor& gradient = pass.gradients[index];
    if (!gradient.defined()) continue;
    terms.push_back(term(pass.network.parameters()[index].value, gradient));
  }
  if (!heads) return engine::Score::degenerate(reductions::kNoHeads);
  if (terms.empty()) return engine::Score::degenerate("no gradient arrived");
  return engine::score_of(
      at::stack(terms).mean(), "a weight or a gradient is not finite");
}

}  // namespace

engine::Descriptor lpzero_gpt2() {
  engine::Descriptor d;
  d.family = "attention";
  d.formula =
      "mean over linear layers of tokens of mean(w^2) + "
      "mean(softmax(dL/dW)^2)";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .labels = true,
      .parameter_gradients = true,
      .layer_outputs = true};
  d.dtype = "float64";
  d.degenerate = "no attention, and nothing that mixes tokens";
  d.variant =
      "the formula found for GPT-2, of the task's loss instead of a language "
      "model's, without its classifier; without dropout; layers without "
      "gradient are left out";
  d.paper = "https://arxiv.org/abs/2410.04808";
  d.reference = "pprp/LPZero: lpzero/predictor/measures/lpzero.py";
  d.make = engine::from_pass(mean_over_layers);
  return d;
}

}  // namespace zcp::definitions
