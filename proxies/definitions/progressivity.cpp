// progressivity = smallest increase of the entropy of expressivity from a block
// to the next.
// AZ-NAS, https://arxiv.org/abs/2403.19232; cvlab-yonsei/AZ-NAS:
// NB201/ZeroShotProxy/compute_az_nas_score.py
#include <algorithm>

#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {

engine::Descriptor progressivity() {
  engine::Descriptor d;
  d.name = "progressivity";
  d.family = "feature spectrum";
  d.formula = "min over blocks of the increase of expressivity's entropy";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise;
  d.needs.activations = true;
  d.needs.initialiser = initialisers::Initialiser::kaiming_normal;
  d.dtype = "float64";
  d.degenerate = "as expressivity";
  d.variant = "AZ-NAS; float64 eigenvalues";
  d.paper = "https://arxiv.org/abs/2403.19232";
  d.reference =
      "cvlab-yonsei/AZ-NAS: NB201/ZeroShotProxy/compute_az_nas_score.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      const auto entropies = reductions::block_entropies(pass.recording.blocks);
      if (!entropies || entropies->size() < 2) {
        return engine::Score::degenerate(reductions::kNoBlocks);
      }
      double least = (*entropies)[1] - (*entropies)[0];
      for (std::size_t i = 2; i < entropies->size(); ++i) {
        least = std::min(least, (*entropies)[i] - (*entropies)[i - 1]);
      }
      return engine::Score::of(least);
    });
  };
  return d;
}

}  // namespace zcp::definitions
