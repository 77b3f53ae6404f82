// The mean and the population standard deviation are over minibatches. Elements
// whose deviation is 0 do not count, and neither do layers without any other.
// The paper's text has the deviation of |dL/dw|.
#include "proxies/engine/observer.h"
#include "proxies/reductions/gradient_history.h"

namespace zcp::definitions {

engine::Descriptor zico() {
  engine::Descriptor d;
  d.family = "gradient statistics";
  d.formula = "sum over layers of log sum_w mean|dL/dw| / std(dL/dw)";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .minibatches = 2,
      .labels = true,
      .all_minibatches = true,
      .parameter_gradients = true};
  d.dtype = "float64 statistics";
  d.degenerate = "a gradient that is not finite; 0 for a constant network";
  d.variant = "authors' code: deviation of the signed gradient, no BatchNorm";
  d.paper = "https://arxiv.org/abs/2301.11300";
  d.reference = "SLDGroup/ZiCo: ZeroShotProxy/compute_zico.py";
  d.core = true;
  d.bfloat16_tau = 0.952;
  d.make = reductions::from_gradient_history(
      [](const reductions::GradientHistory& gradients, double) {
        return reductions::zico_score(gradients);
      });
  return d;
}

}  // namespace zcp::definitions
