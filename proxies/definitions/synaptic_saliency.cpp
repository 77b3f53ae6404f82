// R as in head_importance.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {

engine::Descriptor synaptic_saliency() {
  engine::Descriptor d = engine::variant_of(head_importance());
  d.family = "saliency";
  d.formula = "sum over feed-forward layers of |w dR/dw|";
  d.degenerate = "no feed-forward network over tokens";
  d.paper = "https://arxiv.org/abs/2203.12217";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    return reductions::sum_over_layers(
        pass,
        reductions::is_of_feed_forward,
        reductions::saliency,
        reductions::kNoFeedForward);
  });
  return d;
}

}  // namespace zcp::definitions
