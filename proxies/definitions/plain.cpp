#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"

namespace zcp::definitions {

engine::Descriptor plain() {
  engine::Descriptor d = engine::variant_of(grad_norm());
  d.formula = "sum over layers of w dL/dw, signed";
  d.variant =
      "zero-cost-nas; in front of BatchNorm a layer sums to about 0, so this "
      "is the classifier";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/plain.py";
  d.suite_zero = "plain";
  d.bfloat16_tau = 0.733;
  d.make = engine::from_layer_gradients(
      [](const engine::LayerGradient& layer) {
        return engine::sum_of_products(layer.weight, layer.gradient);
      },
      [](const engine::FlatLayers& layers) {
        return (layers.weights * layers.gradients).sum();
      },
      "a gradient is not finite");
  return d;
}

}  // namespace zcp::definitions
