// nwot = NASWOT's log |det K| over every ReLU that runs, read or not.
// NASLib: naslib/predictors/utils/pruners/measures/nwot.py. Like the authors'
// code it finds ReLUs by class name, so AutoDL's ReLUConvBN counts beside the
// ReLU inside.
#include "proxies/definitions/all.h"
#include "proxies/reductions/code_kernel.h"
#include "proxies/engine/observer.h"

namespace zcp::proxies {

Descriptor nwot() {
  Descriptor d;
  d.name = "nwot";
  d.family = "codes";
  d.formula = "naswot over every ReLU that runs";
  d.published = "higher";
  d.needs.pass = PassKind::minibatch;
  d.needs.codes = true;
  d.needs.folding = nets::Folding::as_declared;
  d.dtype = "exact integers, determinant in float64";
  d.degenerate = "two inputs with equal codes, or no ReLU";
  d.variant = "NASLib: ReLUs that nothing reads count too";
  d.paper = "https://arxiv.org/abs/2006.04647";
  d.reference =
      "automl/NASLib: naslib/predictors/utils/pruners/measures/nwot.py";
  d.make = [](const Setting&) {
    return observe_once([](const Pass& pass) {
      return log_determinant(
          code_kernel(pass, [](const nets::LayerCall&) { return true; }));
    });
  };
  return d;
}

}  // namespace zcp::proxies
