#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"

namespace zcp::definitions {

engine::Descriptor snip() {
  engine::Descriptor d = engine::variant_of(grad_norm());
  d.formula = "sum over layers of |w dL/dw|";
  d.variant = "zero-cost-nas: convolution and linear weights";
  d.reference = "SamsungLabs/zero-cost-nas: foresight/pruners/measures/snip.py";
  d.suite_zero = "snip";
  d.bfloat16_tau = 0.992;
  d.make = engine::from_layer_gradients(
      [](const engine::LayerGradient& layer) {
        return engine::sum_of_absolute_products(layer.weight, layer.gradient);
      },
      [](const engine::FlatLayers& layers) {
        return (layers.weights * layers.gradients).abs().sum();
      },
      "a gradient is not finite");
  return d;
}

}  // namespace zcp::definitions
