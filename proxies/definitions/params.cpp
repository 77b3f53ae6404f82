// The baseline that every proxy has to beat.
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor params() {
  engine::Descriptor d;
  d.family = "size";
  d.formula = "number of trainable parameters, unread layers included";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::structure,
      .counts_only = true,
      .folding = graph::Folding::as_declared};
  d.dtype = "int64";
  d.degenerate = "never";
  d.variant =
      "counts convolutions, BatchNorm scale and shift, linear weights and "
      "biases, as AutoDL does";
  d.paper = "https://arxiv.org/abs/2009.00437";
  d.reference = "D-X-Y/AutoDL-Projects: xautodl/utils/flop_benchmark.py";
  d.core = true;
  d.suite_zero = "params";
  d.bfloat16_tau = 1;
  d.make = engine::from_setting([](const engine::Setting& setting) {
    return engine::Score::of(static_cast<double>(setting.params));
  });
  return d;
}

}  // namespace zcp::definitions
