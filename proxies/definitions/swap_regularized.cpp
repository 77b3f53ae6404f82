// swap_regularized = swap * exp(-(P - mu)^2 / sigma), P thousands of
// parameters; mu = 10, sigma = 100 unless a study says otherwise: the factor is
// a size prior that the user chooses.
// Peng et al., ICLR 2024, https://arxiv.org/abs/2403.04161; pym1024/SWAP:
// src/metrics/swap.py (there N(0, 1) weights drawn 32 times, 16 images, a thin
// network; a wide network saturates).
#include <cmath>

#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/sign_patterns.h"

namespace zcp::definitions {

engine::Descriptor swap_regularized() {
  engine::Descriptor d;
  d.name = "swap_regularized";
  d.family = "codes";
  d.formula = "swap * exp(-(params/1000 - 10)^2 / 100)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.codes = true;
  d.needs.folding = graph::Folding::as_declared;
  d.needs.initialiser = initialisers::Initialiser::normal;
  d.dtype = "exact integers";
  d.degenerate = "no activation";
  d.variant = "authors'; one draw of the weights; 0 by underflow far from mu";
  d.paper = "https://arxiv.org/abs/2403.04161";
  d.reference = "pym1024/SWAP: src/metrics/swap.py";
  d.make = [](const engine::Setting& setting) {
    const double thousands = static_cast<double>(setting.params) / 1e3;
    return engine::observe_once([thousands](const engine::Pass& pass) {
      const auto patterns = reductions::count_patterns(pass.recording.calls);
      if (!patterns) return engine::Score::degenerate("no activation runs");
      constexpr double kMu = 10;
      constexpr double kSigma = 100;
      const double distance = thousands - kMu;
      const double prior = std::exp(-distance * distance / kSigma);
      return engine::Score::of(static_cast<double>(*patterns) * prior);
    });
  };
  return d;
}

}  // namespace zcp::definitions
