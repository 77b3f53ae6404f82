// The sum is over the modules, containers and the root included, and s are the
// singular values of the first sample's output (channels x positions). Of a
// TorchScript network layers are seen, not containers.
#include "proxies/engine/observer.h"
#include "proxies/reductions/first_sample.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {

engine::Descriptor dextr_svd() {
  engine::Descriptor d;
  d.family = "feature spectrum";
  d.formula = "log(1 + sum over modules of s_min / s_max)";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::noise_one,
      .activations = true,
      .folding = graph::Folding::as_declared};
  d.dtype = "float64";
  d.degenerate = "never; an output of zeros adds 0";
  d.variant = "the first term of Dextr";
  d.paper = "TMLR 2025, Dextr";
  d.reference = "rohanasthana/Dextr: NASBench201/correlation/NAS_Bench_201.py";
  d.make = reductions::with_samples_first(
      [](const networks::LayerCall& call) { return call.calls > 0; },
      engine::from_pass([](const engine::Pass& pass) {
        return engine::score_of(
            reductions::log_condition_sum(pass), "an activation is not finite");
      }));
  return d;
}

}  // namespace zcp::definitions
