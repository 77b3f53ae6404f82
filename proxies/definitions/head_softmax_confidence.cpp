// p are the weights of attention [N, heads, tokens, tokens]. The authors take
// the maximum along the heads; attention_confidence takes it along what each
// token attends to. They also look at a softmax of transforms that nothing
// reads, which is not there here.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {

engine::Descriptor head_softmax_confidence() {
  engine::Descriptor d = engine::variant_of(head_confidence());
  d.formula = "sum over attention of mean(max over heads of p)";
  d.degenerate = "no attention";
  d.variant = "authors' soft form, of attention alone";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    return reductions::sum_over_attention(
        pass, [&](const networks::AttentionCall& call) {
          return reductions::weights_by_head(call, pass.x.size(0))
              .detach()
              .amax(1)
              .mean(at::kDouble);
        });
  });
  return d;
}

}  // namespace zcp::definitions
