// What most papers print as FLOPs.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {

engine::Descriptor macs() {
  engine::Descriptor d = engine::variant_of(params());
  d.aliases = {"flops"};
  d.formula =
      "multiply-accumulates of convolutions and linear layers for one sample";
  d.variant =
      "AutoDL's count: biases added, BatchNorm, ReLU, pooling and sums left "
      "out; ptflops and NASLib count more";
  d.suite_zero = "flops";
  d.bfloat16_tau = 1;
  d.make = engine::from_setting([](const engine::Setting& setting) {
    if (setting.macs < 0) {
      return engine::Score::failed("the network does not run");
    }
    return engine::Score::of(static_cast<double>(setting.macs));
  });
  return d;
}

}  // namespace zcp::definitions
