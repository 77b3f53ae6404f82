// grad_norm_total = sqrt of the sum of squares of dL/dtheta over all
// parameters, biases and BatchNorm included.
// ZenNAS, ICCV 2021, https://arxiv.org/abs/2102.01063; idstcv/ZenNAS:
// ZeroShotProxy/compute_gradnorm_score.py (there on noise, random labels and
// N(0, 1) weights).
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor grad_norm_total() {
  engine::Descriptor d;
  d.name = "grad_norm_total";
  d.family = "saliency";
  d.formula = "||dL/dtheta||_2 over all parameters";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.labels = true;
  d.needs.parameter_gradients = true;
  d.dtype = "float64 sums";
  d.degenerate = "a gradient that is not finite";
  d.variant =
      "ZenNAS and AZ-NAS; grad_norm is the sum of layer norms of "
      "zero-cost-nas";
  d.paper = "https://arxiv.org/abs/2102.01063";
  d.reference = "idstcv/ZenNAS: ZeroShotProxy/compute_gradnorm_score.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      std::vector<at::Tensor> squares;
      for (const at::Tensor& gradient : pass.gradients) {
        if (gradient.defined()) {
          squares.push_back(gradient.to(at::kDouble).square().sum());
        }
      }
      if (squares.empty()) return engine::Score::of(0);
      return engine::score_of(
          at::stack(squares).sum().sqrt(), "a gradient is not finite");
    });
  };
  return d;
}

}  // namespace zcp::definitions
