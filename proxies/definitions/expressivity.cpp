// F is the output of a macro block, cov the covariance between its channels,
// and the entropy of the normalised eigenvalues p is -sum p log(p + 1e-8).
// Negative eigenvalues are set to 0: in the original's float32 they may give
// the logarithm of a negative number.
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {

engine::Descriptor expressivity() {
  engine::Descriptor d;
  d.family = "feature spectrum";
  d.formula = "sum over blocks of the entropy of eig(cov(F))";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::noise,
      .activations = true,
      .initialiser = initialisers::Initialiser::kaiming_normal};
  d.dtype = "float64";
  d.degenerate =
      "a block that outputs zeros; a network without blocks (TorchScript)";
  d.variant = "AZ-NAS; float64 eigenvalues";
  d.paper = "https://arxiv.org/abs/2403.19232";
  d.reference =
      "cvlab-yonsei/AZ-NAS: NB201/ZeroShotProxy/compute_az_nas_score.py";
  d.bfloat16_tau = 1.000;
  d.make = engine::from_pass([](const engine::Pass& pass) {
    const auto entropies = reductions::block_entropies(pass.recording.blocks);
    if (!entropies)
      return engine::Score::degenerate(
          reductions::block_fault(pass.recording.blocks));
    double sum = 0;
    for (const double entropy : *entropies) sum += entropy;
    return engine::Score::of(sum);
  });
  return d;
}

}  // namespace zcp::definitions
