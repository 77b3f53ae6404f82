// The input is ones, biases are replaced by their absolute values, too. The
// value runs from 1e10 to beyond 1e60; its logarithm gives the same ranking.
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"

namespace zcp::definitions {

engine::Descriptor synflow() {
  engine::Descriptor d;
  d.family = "synflow";
  d.formula = "sum over layers of |w dR/dw|, R = sum of logits, |w|, ones";
  d.published = "higher";
  d.needs = {.pass = engine::PassKind::synflow};
  d.dtype = "float64";
  d.degenerate = "overflow beyond 1e308; 0 for a network that is constant";
  d.variant =
      "zero-cost-nas: BatchNorm removed; ZenNAS and ZiCo keep it and average "
      "over channels";
  d.paper = "https://arxiv.org/abs/2006.05467";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/synflow.py";
  d.core = true;
  d.suite_zero = "synflow";
  d.bfloat16_tau = 1.000;
  d.make = engine::from_layer_gradients(
      [](const engine::LayerGradient& layer) {
        return engine::sum_of_absolute_products(layer.weight, layer.gradient);
      },
      [](const engine::FlatLayers& layers) {
        return (layers.weights * layers.gradients).abs().sum();
      },
      "overflow of float64");
  return d;
}

}  // namespace zcp::definitions
