// The modules include containers and the root; corr is the correlation between
// the channels of the first sample's output, for one noise image in train mode.
// Correlations that do not exist count as 0. Of a TorchScript network layers
// are seen, not containers.
#include "proxies/engine/observer.h"
#include "proxies/reductions/first_sample.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {

engine::Descriptor meco() {
  engine::Descriptor d;
  d.family = "feature spectrum";
  d.formula = "sum over modules of min eig corr(channels)";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::noise_one,
      .activations = true,
      .folding = graph::Folding::as_declared};
  d.dtype = "float64";
  d.degenerate = "never";
  d.variant =
      "authors', symmetric eigenvalues; negative correlation on NATS-SSS";
  d.paper = "https://openreview.net/forum?id=KFm2lZiI7n";
  d.reference = "HamsterMimi/MeCo: measures/meco.py";
  d.bfloat16_tau = 0.999;
  d.make = reductions::with_samples_first(
      [](const networks::LayerCall& call) { return call.calls > 0; },
      engine::from_pass([](const engine::Pass& pass) {
        return reductions::sum_over_first_samples(
            pass, [](const at::Tensor& rows, int calls) {
              return reductions::smallest_correlation_eigenvalue(rows) * calls;
            });
      }));
  return d;
}

}  // namespace zcp::definitions
