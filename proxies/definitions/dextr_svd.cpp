// dextr_svd = log(1 + S), S = sum over modules, containers and the root
// included, of s_min / s_max of the first sample's output (C x positions):
// Dextr without its curvature term.
// Asthana et al., TMLR 2025; rohanasthana/Dextr:
// NASBench201/correlation/NAS_Bench_201.py. Of a TorchScript network layers are
// seen, not containers.
#include "proxies/definitions/all.h"
#include "proxies/reductions/first_sample.h"
#include "proxies/engine/observer.h"

namespace zcp::proxies {

Descriptor dextr_svd() {
  Descriptor d;
  d.name = "dextr_svd";
  d.family = "feature spectrum";
  d.formula = "log(1 + sum over modules of s_min / s_max)";
  d.published = "higher";
  d.needs.pass = PassKind::noise_one;
  d.needs.activations = true;
  d.needs.folding = nets::Folding::as_declared;
  d.dtype = "float64";
  d.degenerate = "never; an output of zeros adds 0";
  d.variant = "the first term of Dextr";
  d.paper = "TMLR 2025, Dextr";
  d.reference = "rohanasthana/Dextr: NASBench201/correlation/NAS_Bench_201.py";
  d.make = [](const Setting&) {
    return observe_once([](const Pass& pass) {
      return score_of(log_condition_sum(pass), "an activation is not finite");
    });
  };
  return d;
}

}  // namespace zcp::proxies
