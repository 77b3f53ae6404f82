// M holds the channels by samples and positions, uncentred. An output of zeros
// adds 0.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {

engine::Descriptor stable_rank() {
  engine::Descriptor d = engine::variant_of(apd());
  d.formula = "sum over BatchNorm outputs of ||M||_F^2 / ||M||_2^2";
  d.variant = "of this project; the first factor of APD alone";
  d.paper = "-";
  d.reference = "-";
  d.bfloat16_tau = 0.999;
  d.make = engine::from_pass(&reductions::stable_rank_of);
  return d;
}

}  // namespace zcp::definitions
