// Elements with dR/dw = 0 would give inf; here they give 0. Negative ones give
// NaN, as the authors' do.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor logsynflow() {
  engine::Descriptor d = engine::variant_of(synflow());
  d.formula = "sum over layers of w |log dR/dw|";
  d.degenerate = "overflow, a negative derivative";
  d.variant = "EMQ and Auto-Prox; elements with dR/dw = 0 left out";
  d.paper = "https://arxiv.org/abs/2207.05821";
  d.reference = "lilujunai/EMQ-series: measures/logsynflow.py";
  d.bfloat16_tau = 1.000;
  d.make = engine::from_layer_gradients(
      [](const engine::LayerGradient& layer) {
        const at::Tensor& g = layer.gradient;
        const at::Tensor term = layer.weight * at::log(g).abs();
        return at::where(g == 0, at::zeros_like(term), term).sum();
      },
      [](const engine::FlatLayers& layers) {
        const at::Tensor& g = layers.gradients;
        const at::Tensor term = layers.weights * at::log(g).abs();
        return at::where(g == 0, at::zeros_like(term), term).sum();
      },
      "overflow of float64, or a negative derivative, which has no logarithm");
  return d;
}

}  // namespace zcp::definitions
