// Like the authors' code NASLib finds ReLUs by class name, so that AutoDL's
// ReLUConvBN counts beside the ReLU inside it.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/code_kernel.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {

engine::Descriptor nwot() {
  engine::Descriptor d = engine::variant_of(naswot());
  d.formula = "naswot over every ReLU that runs";
  d.needs.folding = graph::Folding::as_declared;
  d.degenerate = "two inputs with equal codes, or no ReLU";
  d.variant = "NASLib: ReLUs that nothing reads count too";
  d.reference =
      "automl/NASLib: naslib/predictors/utils/pruners/measures/nwot.py";
  d.suite_zero = "nwot";
  d.bfloat16_tau = 1.000;
  d.make = reductions::with_samples_first(
      &reductions::is_relu, engine::from_pass([](const engine::Pass& pass) {
        return reductions::log_determinant(reductions::code_kernel(
            pass, [](const networks::LayerCall&) { return true; }));
      }));
  return d;
}

}  // namespace zcp::definitions
