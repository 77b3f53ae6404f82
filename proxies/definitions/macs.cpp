// MACs of one sample: what most papers print as FLOPs.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::proxies {

Descriptor macs() {
  Descriptor d;
  d.name = "macs";
  d.aliases = {"flops"};
  d.family = "size";
  d.formula =
      "multiply-accumulates of convolutions and linear layers for one sample";
  d.published = "higher";
  d.needs.pass = PassKind::structure;
  d.needs.folding = nets::Folding::as_declared;
  d.dtype = "int64";
  d.degenerate = "never";
  d.variant =
      "AutoDL's count: biases added, BatchNorm, ReLU, pooling and sums left "
      "out; ptflops and NASLib count more";
  d.paper = "https://arxiv.org/abs/2009.00437";
  d.reference = "D-X-Y/AutoDL-Projects: xautodl/utils/flop_benchmark.py";
  d.make = [](const Setting& setting) {
    const auto count = static_cast<double>(setting.macs);
    return observe_nothing([count] { return Score::of(count); });
  };
  return d;
}

}  // namespace zcp::proxies
