// swap = number of different patterns of a unit's sign over the samples, over
// the outputs of ReLU, SiLU and GELU.
// Peng et al., ICLR 2024, https://arxiv.org/abs/2403.04161; pym1024/SWAP:
// src/metrics/swap.py (there N(0, 1) weights drawn 32 times, 16 images, a thin
// network; a wide network saturates).
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/sign_patterns.h"

namespace zcp::definitions {

engine::Descriptor swap() {
  engine::Descriptor d;
  d.name = "swap";
  d.family = "codes";
  d.formula = "number of sign patterns of units over the samples";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.codes = true;
  d.needs.folding = graph::Folding::as_declared;
  d.needs.initialiser = initialisers::Initialiser::normal;
  d.dtype = "exact integers";
  d.degenerate = "no activation";
  d.variant = "authors'; one draw of the weights";
  d.paper = "https://arxiv.org/abs/2403.04161";
  d.reference = "pym1024/SWAP: src/metrics/swap.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      const auto patterns = reductions::count_patterns(pass.recording.calls);
      if (!patterns) return engine::Score::degenerate("no activation runs");
      return engine::Score::of(static_cast<double>(*patterns));
    });
  };
  return d;
}

}  // namespace zcp::definitions
