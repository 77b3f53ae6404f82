#include <algorithm>

#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {

engine::Descriptor progressivity() {
  engine::Descriptor d = engine::variant_of(expressivity());
  d.formula = "min over blocks of the increase of expressivity's entropy";
  d.degenerate = "as expressivity";
  d.bfloat16_tau = 0.995;
  d.make = engine::from_pass([](const engine::Pass& pass) {
    const auto entropies = reductions::block_entropies(pass.recording.blocks);
    if (!entropies || entropies->size() < 2) {
      return engine::Score::degenerate(
          reductions::block_fault(pass.recording.blocks));
    }
    double least = (*entropies)[1] - (*entropies)[0];
    for (std::size_t i = 2; i < entropies->size(); ++i) {
      least = std::min(least, (*entropies)[i] - (*entropies)[i - 1]);
    }
    return engine::Score::of(least);
  });
  return d;
}

}  // namespace zcp::definitions
