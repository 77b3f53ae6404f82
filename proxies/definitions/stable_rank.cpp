// stable_rank = sum over BatchNorm outputs M (channels x samples and positions,
// uncentred) of ||M||_F^2 / ||M||_2^2, one train-mode forward of noise. The
// first factor of APD (NeurIPS 2025) alone. An output of zeros adds 0.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {

engine::Descriptor stable_rank() {
  engine::Descriptor d;
  d.name = "stable_rank";
  d.family = "feature spectrum";
  d.formula = "sum over BatchNorm outputs of ||M||_F^2 / ||M||_2^2";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise;
  d.needs.activations = true;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "float64";
  d.degenerate = "no BatchNorm";
  d.variant = "of this project; the first factor of APD alone";
  d.paper = "-";
  d.reference = "-";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      return reductions::stable_rank_of(pass);
    });
  };
  return d;
}

}  // namespace zcp::definitions
