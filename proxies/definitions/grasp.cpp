// g = dL/dw and H is the Hessian of L, the loss of one minibatch, by double
// backward; temperature 1 and one iteration. In front of BatchNorm a layer
// contributes exactly ||g||^2, so the classifier often decides.
#include <ATen/core/grad_mode.h>

#include "proxies/engine/differentiate.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/hessian_product.h"
#include "proxies/reductions/sample_parts.h"

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
      terms.push_back((weights[i] * curvature[i]).sum(at::kDouble));
    }
  }
  if (terms.empty()) return engine::Score::of(0);
  // 0 - sum: a constant network scores 0, not -0.
  return engine::score_of(
      0 - at::stack(terms).sum(), "a gradient is not finite");
}

/// How many samples are differentiated twice at once. A loss of the user's need
/// not be a mean over samples.
std::int64_t samples_at_once(const engine::Setting& setting) {
  const at::Tensor& x = setting.minibatches[0].x;
  if (setting.graph != nullptr || setting.run.loss_function) return x.size(0);
  return reductions::samples_at_once(
      *setting.network, x, networks::BatchNormMode::batch_statistics);
}

engine::Score grasp_score(const engine::Setting& setting) {
  if (const auto fault = engine::layer_weight_fault(*setting.network)) {
    return engine::Score::degenerate(*fault);
  }
  const std::int64_t at_once = samples_at_once(setting);
  const at::AutoGradMode mode(true);
  const auto network = engine::differentiable(*setting.network);
  std::vector<at::Tensor> weights;
  for (const auto& parameter : network->parameters()) {
    if (parameter.is_layer_weight()) weights.push_back(parameter.value);
  }
  return negated_sum(
      weights,
      reductions::hessian_gradient_product(
          *network, weights, setting.minibatches[0], at_once, setting.run));
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
