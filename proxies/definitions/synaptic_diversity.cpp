// R as in head_importance. The layers are all of attention, projection of its
// output included, and of what stands in its place.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {
namespace {

at::Tensor sum_of_spectrum(const at::Tensor& matrix) {
  return reductions::singular_values(matrix).sum(at::kDouble);
}

}  // namespace

engine::Descriptor synaptic_diversity() {
  engine::Descriptor d = engine::variant_of(head_importance());
  d.formula = "sum over linear layers of attention of |W|_* |dR/dW|_*";
  d.paper = "https://arxiv.org/abs/2203.12217";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    return reductions::sum_over_layers(
        pass,
        reductions::is_of_heads,
        [](const at::Tensor& weight, const at::Tensor& gradient) {
          return sum_of_spectrum(weight) * sum_of_spectrum(gradient);
        },
        reductions::kNoHeads);
  });
  return d;
}

}  // namespace zcp::definitions
