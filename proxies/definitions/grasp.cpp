// g = dL/dw and H is the Hessian of L, the loss of one minibatch, by double
// backward; temperature 1 and one iteration. In front of BatchNorm a layer
// contributes exactly ||g||^2, so the classifier often decides.
#include <ATen/core/grad_mode.h>

#include "proxies/engine/differentiate.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"
#include "proxies/reductions/hessian_product.h"

namespace zcp::definitions {
namespace {

/// -sum of w (H g), given H g; layers that it does not reach add 0.
engine::Score negated_sum(
    const std::vector<at::Tensor>& weights,
    const std::vector<at::Tensor>& curvature) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> terms;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (curvature[i].defined()) {
      terms.push_back(engine::sum_of_products(weights[i], curvature[i]));
    }
  }
  if (terms.empty()) return engine::Score::of(0);
  // 0 - sum: a constant network scores 0, not -0.
  return engine::score_of(
      0 - at::stack(terms).sum(), "a gradient is not finite");
}

/// A loss of the user's need not be a mean over samples. The networks of graphs
/// are small, and are taken whole.
reductions::Division division_of(const engine::Setting& setting) {
  return setting.graph != nullptr || setting.run.loss_function
             ? reductions::Division::none
             : reductions::Division::allowed;
}

engine::Score grasp_score(const engine::Setting& setting) {
  if (const auto fault = engine::layer_weight_fault(*setting.network)) {
    return engine::Score::degenerate(*fault);
  }
  const at::AutoGradMode mode(true);
  const auto network = engine::differentiable(*setting.network);
  const std::vector<at::Tensor> weights = engine::layer_weights(*network);
  return negated_sum(
      weights,
      reductions::hessian_gradient_product(
          *network,
          weights,
          setting.minibatches[0],
          setting.run,
          division_of(setting)));
}

}  // namespace

engine::Descriptor grasp() {
  engine::Descriptor d;
  d.family = "saliency";
  d.formula = "-sum over layers of w (H g)";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::own,
      .minibatches = 1,
      .labels = true,
      .numbers_a_parameter = 3,  // g, H g and what leads to it
      .detail = "double backward"};
  d.dtype = "float64 sums";
  d.degenerate = "a gradient that is not finite";
  d.variant = "zero-cost-nas, which flips the sign of the pruning paper";
  d.paper = "https://arxiv.org/abs/2002.07376";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/grasp.py";
  d.suite_zero = "grasp";
  d.make = engine::from_setting(grasp_score);
  return d;
}

}  // namespace zcp::definitions
