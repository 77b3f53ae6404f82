// meco = sum over modules, containers and the root included, of the smallest
// eigenvalue of the correlation between the channels of the first sample's
// output.
// Jiang et al., NeurIPS 2023, https://openreview.net/forum?id=KFm2lZiI7n;
// HamsterMimi/MeCo: measures/meco.py, correlation/NAS_Bench_201.py. One noise
// image in train mode. Correlations that do not exist count as 0.
// Deviation: symmetric eigenvalues; of a TorchScript network layers are seen,
// not containers.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/first_sample.h"

namespace zcp::definitions {

engine::Descriptor meco() {
  engine::Descriptor d;
  d.name = "meco";
  d.family = "feature spectrum";
  d.formula = "sum over modules of min eig corr(channels)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise_one;
  d.needs.activations = true;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "float64";
  d.degenerate = "never";
  d.variant =
      "authors', symmetric eigenvalues; negative correlation on NATS-SSS";
  d.paper = "https://openreview.net/forum?id=KFm2lZiI7n";
  d.reference = "HamsterMimi/MeCo: measures/meco.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      std::vector<at::Tensor> terms;
      reductions::for_each_first_sample(
          pass, [&](const at::Tensor& rows, int calls) {
            terms.push_back(
                reductions::smallest_correlation_eigenvalue(rows) * calls);
          });
      return engine::score_of(
          at::stack(terms).sum(), "an activation is not finite");
    });
  };
  return d;
}

}  // namespace zcp::definitions
