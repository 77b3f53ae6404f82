// MACs of one sample: what most papers print as FLOPs.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor macs() {
  engine::Descriptor d;
  d.name = "macs";
  d.aliases = {"flops"};
  d.family = "size";
  d.formula =
      "multiply-accumulates of convolutions and linear layers for one sample";
  d.published = "higher";
  d.needs.pass = engine::PassKind::structure;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "int64";
  d.degenerate = "never";
  d.variant =
      "AutoDL's count: biases added, BatchNorm, ReLU, pooling and sums left "
      "out; ptflops and NASLib count more";
  d.paper = "https://arxiv.org/abs/2009.00437";
  d.reference = "D-X-Y/AutoDL-Projects: xautodl/utils/flop_benchmark.py";
  d.make = [](const engine::Setting& setting) {
    const auto count = static_cast<double>(setting.macs);
    return engine::observe_nothing(
        [count] { return engine::Score::of(count); });
  };
  return d;
}

}  // namespace zcp::definitions
