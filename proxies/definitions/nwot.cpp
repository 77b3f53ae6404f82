// nwot = NASWOT's log |det K| over every ReLU that runs, read or not.
// NASLib: naslib/predictors/utils/pruners/measures/nwot.py. Like the authors'
// code it finds ReLUs by class name, so AutoDL's ReLUConvBN counts beside the
// ReLU inside.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/code_kernel.h"

namespace zcp::definitions {

engine::Descriptor nwot() {
  engine::Descriptor d;
  d.name = "nwot";
  d.family = "codes";
  d.formula = "naswot over every ReLU that runs";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.codes = true;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "exact integers, determinant in float64";
  d.degenerate = "two inputs with equal codes, or no ReLU";
  d.variant = "NASLib: ReLUs that nothing reads count too";
  d.paper = "https://arxiv.org/abs/2006.04647";
  d.reference =
      "automl/NASLib: naslib/predictors/utils/pruners/measures/nwot.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      return reductions::log_determinant(reductions::code_kernel(
          pass, [](const networks::LayerCall&) { return true; }));
    });
  };
  return d;
}

}  // namespace zcp::definitions
