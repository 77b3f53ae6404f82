// expressivity = sum over macro blocks of the entropy of the eigenvalues of the
// block output's channel covariance, -sum p log(p + 1e-8).
// AZ-NAS, Lee and Ham, CVPR 2024, https://arxiv.org/abs/2403.19232;
// cvlab-yonsei/AZ-NAS: NB201/ZeroShotProxy/compute_az_nas_score.py. Deviation:
// eigenvalues in float64, clamped at 0 (the original's float32 may give a log
// of a negative).
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {

engine::Descriptor expressivity() {
  engine::Descriptor d;
  d.name = "expressivity";
  d.family = "feature spectrum";
  d.formula = "sum over blocks of the entropy of eig(cov(F))";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise;
  d.needs.activations = true;
  d.needs.initialiser = initialisers::Initialiser::kaiming_normal;
  d.dtype = "float64";
  d.degenerate =
      "a block that outputs zeros; a network without blocks (TorchScript)";
  d.variant = "AZ-NAS; float64 eigenvalues";
  d.paper = "https://arxiv.org/abs/2403.19232";
  d.reference =
      "cvlab-yonsei/AZ-NAS: NB201/ZeroShotProxy/compute_az_nas_score.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      const auto entropies = reductions::block_entropies(pass.recording.blocks);
      if (!entropies) return engine::Score::degenerate(reductions::kNoBlocks);
      double sum = 0;
      for (const double entropy : *entropies) sum += entropy;
      return engine::Score::of(sum);
    });
  };
  return d;
}

}  // namespace zcp::definitions
