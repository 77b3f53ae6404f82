// logsynflow = sum over convolution and linear weights of w |log dR/dw| on
// SynFlow's pass.
// Cavagnero et al., https://arxiv.org/abs/2207.05821; as coded in
// lilujunai/EMQ-series: measures/logsynflow.py. Elements with dR/dw = 0 give 0
// here instead of inf.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor logsynflow() {
  engine::Descriptor d;
  d.name = "logsynflow";
  d.family = "synflow";
  d.formula = "sum over layers of w |log dR/dw|";
  d.published = "higher";
  d.needs.pass = engine::PassKind::synflow;
  d.dtype = "float64";
  d.degenerate = "overflow";
  d.variant = "EMQ and Auto-Prox; elements with dR/dw = 0 left out";
  d.paper = "https://arxiv.org/abs/2207.05821";
  d.reference = "lilujunai/EMQ-series: measures/logsynflow.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      return engine::sum_over_layers(
          pass,
          [](const engine::LayerGradient& layer) {
            const at::Tensor& g = layer.gradient;
            const at::Tensor term = layer.weight * at::log(g).abs();
            return at::where(g > 0, term, at::zeros_like(term)).sum();
          },
          "overflow of float64");
    });
  };
  return d;
}

}  // namespace zcp::definitions
