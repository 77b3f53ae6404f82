// At initialisation the norms follow from the layers' sizes: this is a size
// proxy in disguise.
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"

namespace zcp::definitions {

engine::Descriptor l2_norm() {
  engine::Descriptor d;
  d.family = "size";
  d.formula = "sum over layers of ||W||_2";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::weights,
      .folding = graph::Folding::as_declared};
  d.dtype = "float64 sums";
  d.degenerate = "never";
  d.variant = "NASLib; layers whose output nothing reads count";
  d.paper = "https://arxiv.org/abs/2101.08134";
  d.reference =
      "automl/NASLib: naslib/predictors/utils/pruners/measures/l2_norm.py";
  d.suite_zero = "l2_norm";
  d.bfloat16_tau = 1.000;
  d.make = engine::from_setting([](const engine::Setting& setting) {
    if (const auto fault = engine::layer_weight_fault(*setting.network)) {
      return engine::Score::degenerate(*fault);
    }
    std::vector<at::Tensor> norms;
    for (const auto& parameter : setting.network->parameters()) {
      if (parameter.is_layer_weight()) {
        norms.push_back(engine::norm_by_rows(parameter.value.detach()));
      }
    }
    return engine::score_of(at::stack(norms).sum(), "a weight is not finite");
  });
  return d;
}

}  // namespace zcp::definitions
