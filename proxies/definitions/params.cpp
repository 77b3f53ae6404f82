// #Params: the number of trainable values of the network, the baseline that
// every proxy has to beat.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor params() {
  engine::Descriptor d;
  d.name = "params";
  d.family = "size";
  d.formula = "number of trainable parameters, unread layers included";
  d.published = "higher";
  d.needs.pass = engine::PassKind::structure;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "int64";
  d.degenerate = "never";
  d.variant =
      "counts convolutions, BatchNorm scale and shift, linear weights and "
      "biases, as AutoDL does";
  d.paper = "https://arxiv.org/abs/2009.00437";
  d.reference = "D-X-Y/AutoDL-Projects: xautodl/utils/flop_benchmark.py";
  d.make = [](const engine::Setting& setting) {
    const auto count = static_cast<double>(setting.params);
    return engine::observe_nothing(
        [count] { return engine::Score::of(count); });
  };
  return d;
}

}  // namespace zcp::definitions
