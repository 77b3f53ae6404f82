// plain = sum over layers of w dL/dw, signed, L the mean cross-entropy of one
// minibatch in train mode.
// Abdelfattah et al., ICLR 2021, https://arxiv.org/abs/2101.08134;
// SamsungLabs/zero-cost-nas: foresight/pruners/measures/plain.py
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor plain() {
  engine::Descriptor d;
  d.name = "plain";
  d.family = "saliency";
  d.formula = "sum over layers of w dL/dw, signed";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.labels = true;
  d.needs.parameter_gradients = true;
  d.dtype = "float64 sums";
  d.degenerate = "a gradient that is not finite; 0 for a constant network";
  d.variant =
      "zero-cost-nas; in front of BatchNorm a layer sums to about 0, so this "
      "is the classifier";
  d.paper = "https://arxiv.org/abs/2101.08134";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/plain.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      return engine::sum_over_layers(
          pass,
          [](const engine::LayerGradient& layer) {
            return (layer.weight * layer.gradient).sum(at::kDouble);
          },
          "a gradient is not finite");
    });
  };
  return d;
}

}  // namespace zcp::definitions
