// R is the sum of the outputs, each times a random sign: in front of a
// LayerNorm, as in the authors' networks, the sum of the outputs themselves is
// the same for all weights, and the gradients that they report are rounding.
// The layers are those that make queries, keys and values, what a transform
// mixes in their place and what a convolution whose kernel depends on the token
// reads. The authors take all of the operation's layers with at least 128
// outputs, which of theirs leaves out that kernel.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {

engine::Descriptor head_importance() {
  engine::Descriptor d;
  d.family = "attention";
  d.formula = "sum over linear layers of heads of |w dR/dw|";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::signs,
      .parameter_gradients = true,
      .activations = true,
      .detail = "random signs"};
  d.dtype = "float64";
  d.degenerate = "no attention, and nothing that mixes tokens";
  d.variant = "R with random signs instead of ones; without dropout";
  d.paper = "https://arxiv.org/abs/2306.04360";
  d.reference = "aaronserianni/training-free-nas: BERT_metrics.ipynb";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    return reductions::sum_over_layers(
        pass,
        [](const networks::LayerCall& call) {
          return reductions::feeds_heads(call) ||
                 call.role == networks::LinearRole::convolved;
        },
        reductions::saliency,
        reductions::kNoHeads);
  });
  return d;
}

}  // namespace zcp::definitions
