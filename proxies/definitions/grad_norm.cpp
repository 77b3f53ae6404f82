// The layers are convolutions and linear layers, without their biases, and L is
// the mean loss of one minibatch in train mode.
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"

namespace zcp::definitions {

engine::Descriptor grad_norm() {
  engine::Descriptor d;
  d.family = "saliency";
  d.formula = "sum over layers of ||dL/dW||_2";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .labels = true,
      .parameter_gradients = true};
  d.dtype = "float64 sums";
  d.degenerate = "a gradient that is not finite; 0 for a constant network";
  d.variant =
      "zero-cost-nas: a sum of layer norms over convolution and linear "
      "weights; ZenNAS and AZ-NAS take one norm over all parameters";
  d.paper = "https://arxiv.org/abs/2101.08134";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/grad_norm.py";
  d.core = true;
  d.suite_zero = "grad_norm";
  d.bfloat16_tau = 0.997;
  d.make = engine::from_layer_gradients(
      [](const engine::LayerGradient& layer) {
        return engine::norm_by_rows(layer.gradient);
      },
      [](const engine::FlatLayers& layers) {
        const at::Tensor squares = layers.gradients.square();
        return engine::sums_by_layer(squares, layers.sizes).sqrt().sum();
      },
      "a gradient is not finite");
  return d;
}

}  // namespace zcp::definitions
