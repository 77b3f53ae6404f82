// meco = sum over modules, containers and the root included, of the smallest
// eigenvalue of the correlation between the channels of the first sample's
// output.
// Jiang et al., NeurIPS 2023, https://openreview.net/forum?id=KFm2lZiI7n;
// HamsterMimi/MeCo: measures/meco.py, correlation/NAS_Bench_201.py. One noise
// image in train mode. Correlations that do not exist count as 0.
// Deviation: symmetric eigenvalues; of a TorchScript network layers are seen,
// not containers.
#include "proxies/definitions/all.h"
#include "proxies/reductions/first_sample.h"
#include "proxies/engine/observer.h"

namespace zcp::proxies {

Descriptor meco() {
  Descriptor d;
  d.name = "meco";
  d.family = "feature spectrum";
  d.formula = "sum over modules of min eig corr(channels)";
  d.published = "higher";
  d.needs.pass = PassKind::noise_one;
  d.needs.activations = true;
  d.needs.folding = nets::Folding::as_declared;
  d.dtype = "float64";
  d.degenerate = "never";
  d.variant =
      "authors', symmetric eigenvalues; negative correlation on NATS-SSS";
  d.paper = "https://openreview.net/forum?id=KFm2lZiI7n";
  d.reference = "HamsterMimi/MeCo: measures/meco.py";
  d.make = [](const Setting&) {
    return observe_once([](const Pass& pass) {
      std::vector<at::Tensor> terms;
      for_each_first_sample(pass, [&](const at::Tensor& rows, int calls) {
        terms.push_back(smallest_correlation_eigenvalue(rows) * calls);
      });
      return score_of(at::stack(terms).sum(), "an activation is not finite");
    });
  };
  return d;
}

}  // namespace zcp::proxies
