// grad_norm = sum over convolution and linear weights of ||dL/dW||_2, L the
// mean cross-entropy of one minibatch in train mode.
// Abdelfattah et al., ICLR 2021, https://arxiv.org/abs/2101.08134
// SamsungLabs/zero-cost-nas: foresight/pruners/measures/grad_norm.py
// Biases and BatchNorm do not count. ZenNAS and AZ-NAS mean one norm over all
// parameters by this name: that is grad_norm_total.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor grad_norm() {
  engine::Descriptor d;
  d.name = "grad_norm";
  d.family = "saliency";
  d.formula = "sum over layers of ||dL/dW||_2";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.labels = true;
  d.needs.parameter_gradients = true;
  d.dtype = "float64 sums";
  d.degenerate = "a gradient that is not finite; 0 for a constant network";
  d.variant =
      "zero-cost-nas: a sum of layer norms over convolution and linear "
      "weights; ZenNAS and AZ-NAS take one norm over all parameters";
  d.paper = "https://arxiv.org/abs/2101.08134";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/grad_norm.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      return engine::sum_over_layers(
          pass,
          [](const engine::LayerGradient& layer) {
            return layer.gradient.to(at::kDouble).norm();
          },
          "a gradient is not finite");
    });
  };
  return d;
}

}  // namespace zcp::definitions
