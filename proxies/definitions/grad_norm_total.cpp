// The authors compute it on noise with random labels and N(0, 1) weights.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"

namespace zcp::definitions {

engine::Descriptor grad_norm_total() {
  engine::Descriptor d = engine::variant_of(grad_norm());
  d.formula = "||dL/dtheta||_2 over all parameters";
  d.degenerate = "a gradient that is not finite";
  d.variant =
      "ZenNAS and AZ-NAS; grad_norm is the sum of layer norms of "
      "zero-cost-nas";
  d.paper = "https://arxiv.org/abs/2102.01063";
  d.reference = "idstcv/ZenNAS: ZeroShotProxy/compute_gradnorm_score.py";
  d.bfloat16_tau = 0.995;
  d.make = engine::from_pass([](const engine::Pass& pass) {
    std::vector<at::Tensor> squares;
    for (const at::Tensor& gradient : pass.gradients) {
      if (gradient.defined()) {
        squares.push_back(engine::sum_of_squares(gradient));
      }
    }
    if (squares.empty()) return engine::Score::of(0);
    return engine::score_of(
        at::stack(squares).sum().sqrt(), "a gradient is not finite");
  });
  return d;
}

}  // namespace zcp::definitions
