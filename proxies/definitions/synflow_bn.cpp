// synflow_bn = synflow with BatchNorm kept, in train mode on the one sample of
// ones.
// SamsungLabs/zero-cost-nas: foresight/pruners/measures/synflow.py (copy_net
// with BatchNorm). Ranks differently from synflow.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor synflow_bn() {
  engine::Descriptor d;
  d.name = "synflow_bn";
  d.family = "synflow";
  d.formula = "synflow with BatchNorm in train mode";
  d.published = "higher";
  d.needs.pass = engine::PassKind::synflow_bn;
  d.dtype = "float64";
  d.degenerate = "overflow; a BatchNorm that sees one value a channel";
  d.variant = "zero-cost-nas: synflow_bn";
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
