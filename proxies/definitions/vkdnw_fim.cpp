// vkdnw_fim = number of parameter tensors + entropy of nine quantiles of the
// spectrum of the empirical Fisher information F = mean_n (L^T J_n)^T (L^T
// J_n), L the Cholesky factor of diag(p) - p p^T; the released code has L
// (vkdnw). J_n: Jacobian of sample n's logits at the first scalar of each of
// the first 128 parameter tensors, eval mode.
// VKDNW, Tybl and Neumann, CVPR 2025; ondratybl/VKDNW:
// NB201/ZeroShotProxy/compute_vkdnw_score.py. The sum keeps the authors'
// lexicographic order wherever the counts differ by 3 or more (the entropy is
// below 2.2).
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/fisher_spectrum.h"

namespace zcp::definitions {

engine::Descriptor vkdnw_fim() {
  engine::Descriptor d;
  d.name = "vkdnw_fim";
  d.family = "gradient statistics";
  d.formula = "parameter tensors + entropy of quantiles of eig(F)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::own;
  d.needs.classes = true;
  d.needs.folding = graph::Folding::as_declared;
  d.needs.initialiser = initialisers::Initialiser::kaiming_normal;
  d.needs.mode = "eval";
  d.needs.detail = "a backward pass a class";
  d.dtype = "float64 spectrum";
  d.degenerate = "an activation that is not finite";
  d.variant = "the true Fisher information";
  d.paper = "CVPR 2025, VKDNW";
  d.reference = "ondratybl/VKDNW: NB201/ZeroShotProxy/compute_vkdnw_score.py";
  d.make = [](const engine::Setting& setting) {
    return engine::observe_nothing([setting] {
      return reductions::fisher_spectrum_score(
          *setting.network, setting.noise, true);
    });
  };
  return d;
}

}  // namespace zcp::definitions
