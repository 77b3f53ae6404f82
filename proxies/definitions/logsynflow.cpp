// Elements with dR/dw = 0 would give inf; here they give 0. Negative ones give
// NaN, as the authors' do.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"

namespace zcp::definitions {
namespace {

at::Tensor sum_of_terms(const at::Tensor& weights, const at::Tensor& g) {
  const at::Tensor terms = weights * at::log(g).abs();
  return at::where(g == 0, at::zeros_like(terms), terms).sum();
}

}  // namespace

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
        return engine::sum_by_rows(
            {layer.weight, layer.gradient}, [](engine::RowParts parts) {
              return sum_of_terms(parts[0], parts[1]);
            });
      },
      [](const engine::FlatLayers& layers) {
        return sum_of_terms(layers.weights, layers.gradients);
      },
      "overflow of float64, or a negative derivative, which has no logarithm");
  return d;
}

}  // namespace zcp::definitions
