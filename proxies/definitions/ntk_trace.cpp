#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/tangent_kernel.h"

namespace zcp::definitions {

engine::Descriptor ntk_trace() {
  engine::Descriptor d = engine::variant_of(ntk_condition());
  d.formula = "sqrt(trace of the NTK / samples)";
  d.published = "higher";
  d.degenerate = "a gradient that is not finite";
  d.variant = "Auto-Prox and EMQ";
  d.paper = "https://arxiv.org/abs/2307.10554";
  d.reference = "lilujunai/EMQ-series: measures";
  d.make = engine::from_setting([](const engine::Setting& setting) {
    const at::Tensor kernel = *reductions::neural_tangent_kernel(setting);
    return engine::score_of(
        (kernel.trace() / static_cast<double>(kernel.size(0))).sqrt(),
        "a gradient is not finite");
  });
  return d;
}

}  // namespace zcp::definitions
