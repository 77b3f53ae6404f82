// F = mean_n (L J_n)^T (L J_n), L the Cholesky factor of diag(p) - p p^T, p the
// softmax of the logits; the Fisher information has L^T (vkdnw_fim). J_n is the
// Jacobian of sample n's logits at the first scalar of each of the first 128
// parameter tensors, and the quantiles are nine. The authors sort by the number
// of tensors first and the entropy second; the sum gives that order wherever
// the numbers differ by 3 or more, as the entropy is below 2.2.
#include "proxies/engine/observer.h"
#include "proxies/reductions/fisher_spectrum.h"

namespace zcp::definitions {

engine::Descriptor vkdnw() {
  engine::Descriptor d;
  d.family = "gradient statistics";
  d.formula = "parameter tensors + entropy of quantiles of eig(F)";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::own,
      .classes = true,
      .folding = graph::Folding::as_declared,
      .numbers_an_output = 3,  // with the gradients of several classes
      .initialiser = initialisers::Initialiser::kaiming_normal,
      .mode = "eval",
      .detail = "a backward pass a class"};
  d.dtype = "float64 spectrum";
  d.degenerate = "an activation that is not finite";
  d.variant = "authors' release: L in place of L^T";
  d.paper = "CVPR 2025, VKDNW";
  d.reference = "ondratybl/VKDNW: NB201/ZeroShotProxy/compute_vkdnw_score.py";
  d.make = engine::from_setting([](const engine::Setting& setting) {
    return reductions::fisher_spectrum_score(setting, false);
  });
  return d;
}

}  // namespace zcp::definitions
