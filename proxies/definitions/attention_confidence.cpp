// p are the weights of attention [N, heads, tokens, tokens]: how much of its
// attention a head gives to a single token, over heads and tokens.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {

engine::Descriptor attention_confidence() {
  engine::Descriptor d = engine::variant_of(head_softmax_confidence());
  d.formula = "sum over attention of mean(max over attended tokens of p)";
  d.variant = "a head's confidence of Voita et al., without training";
  d.paper = "https://arxiv.org/abs/1905.09418";
  d.reference = "lena-voita/the-story-of-heads";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    return reductions::sum_over_attention(
        pass, [](const networks::AttentionCall& call) {
          return call.weights.detach().amax(-1).mean(at::kDouble);
        });
  });
  return d;
}

}  // namespace zcp::definitions
