// synflow = sum over convolution and linear weights of |w dR/dw|, R the sum of
// the logits for an input of ones, weights and biases replaced by their
// absolute values, BatchNorm by the identity, in float64.
// Tanaka et al., NeurIPS 2020, https://arxiv.org/abs/2006.05467, as a proxy:
// SamsungLabs/zero-cost-nas: foresight/pruners/measures/synflow.py
// The value runs from 1e10 to beyond 1e60; its logarithm ranks alike.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor synflow() {
  engine::Descriptor d;
  d.name = "synflow";
  d.family = "synflow";
  d.formula = "sum over layers of |w dR/dw|, R = sum of logits, |w|, ones";
  d.published = "higher";
  d.needs.pass = engine::PassKind::synflow;
  d.dtype = "float64";
  d.degenerate = "overflow beyond 1e308; 0 for a network that is constant";
  d.variant =
      "zero-cost-nas: BatchNorm removed; ZenNAS and ZiCo keep it and average "
      "over channels";
  d.paper = "https://arxiv.org/abs/2006.05467";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/synflow.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      return engine::sum_over_layers(
          pass,
          [](const engine::LayerGradient& layer) {
            return (layer.weight * layer.gradient).abs().sum();
          },
          "overflow of float64");
    });
  };
  return d;
}

}  // namespace zcp::definitions
