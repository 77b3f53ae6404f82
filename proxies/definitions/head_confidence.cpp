// o is what a linear layer makes that makes queries, keys or values, or what a
// transform mixes in their place, [N, tokens, features]. A layer that makes
// several of them counts as several.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {

engine::Descriptor head_confidence() {
  engine::Descriptor d = engine::variant_of(head_importance());
  d.formula = "sum over linear layers of heads of mean(max over tokens of o)";
  d.needs = {.pass = engine::PassKind::signs, .activations = true};
  d.variant = "authors' hard form, without dropout";
  d.make = engine::from_pass(
      [](const engine::Pass& pass, const engine::Setting& setting) {
        return reductions::sum_over_outputs(
            pass,
            setting,
            reductions::feeds_heads,
            [](const networks::LayerCall& call, const at::Tensor& output) {
              return output.amax(1).mean(at::kDouble) * call.parts;
            },
            reductions::kNoHeads);
      });
  return d;
}

}  // namespace zcp::definitions
