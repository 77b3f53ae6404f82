// The authors' copy_net with BatchNorm, on the one sample of ones. It ranks
// differently from synflow.
#include "proxies/definitions.h"

namespace zcp::definitions {

engine::Descriptor synflow_bn() {
  engine::Descriptor d = engine::variant_of(synflow());
  d.formula = "synflow with BatchNorm in train mode";
  d.needs.pass = engine::PassKind::synflow_bn;
  d.degenerate =
      "overflow; a BatchNorm that sees one value a channel; rounding noise";
  d.variant = "zero-cost-nas: synflow_bn";
  d.bfloat16_tau = 0.999;
  return d;
}

}  // namespace zcp::definitions
