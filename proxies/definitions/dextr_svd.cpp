// dextr_svd = log(1 + S), S = sum over modules, containers and the root
// included, of s_min / s_max of the first sample's output (C x positions):
// Dextr without its curvature term.
// Asthana et al., TMLR 2025; rohanasthana/Dextr:
// NASBench201/correlation/NAS_Bench_201.py. Of a TorchScript network layers are
// seen, not containers.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/first_sample.h"

namespace zcp::definitions {

engine::Descriptor dextr_svd() {
  engine::Descriptor d;
  d.name = "dextr_svd";
  d.family = "feature spectrum";
  d.formula = "log(1 + sum over modules of s_min / s_max)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise_one;
  d.needs.activations = true;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "float64";
  d.degenerate = "never; an output of zeros adds 0";
  d.variant = "the first term of Dextr";
  d.paper = "TMLR 2025, Dextr";
  d.reference = "rohanasthana/Dextr: NASBench201/correlation/NAS_Bench_201.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      return engine::score_of(
          reductions::log_condition_sum(pass), "an activation is not finite");
    });
  };
  return d;
}

}  // namespace zcp::definitions
