// meco_opt = meco on the first 8 channels of each output, each eigenvalue times
// C/8.
// Jiang et al., NeurIPS 2023, https://openreview.net/forum?id=KFm2lZiI7n;
// HamsterMimi/MeCo: measures/meco.py, correlation/NAS_Bench_201.py. One noise
// image in train mode. Correlations that do not exist count as 0.
// Deviation: symmetric eigenvalues; of a TorchScript network layers are seen,
// not containers. The authors draw the 8 channels at random.
#include "proxies/definitions/all.h"
#include "proxies/reductions/first_sample.h"
#include "proxies/engine/observer.h"

namespace zcp::proxies {

Descriptor meco_opt() {
  Descriptor d;
  d.name = "meco_opt";
  d.family = "feature spectrum";
  d.formula = "sum over modules of C/8 min eig corr(first 8 channels)";
  d.published = "higher";
  d.needs.pass = PassKind::noise_one;
  d.needs.activations = true;
  d.needs.folding = nets::Folding::as_declared;
  d.dtype = "float64";
  d.degenerate = "never";
  d.variant =
      "authors', symmetric eigenvalues; negative correlation on NATS-SSS";
  d.paper = "https://openreview.net/forum?id=KFm2lZiI7n";
  d.reference = "HamsterMimi/MeCo: correlation/NAS_Bench_201.py";
  d.make = [](const Setting&) {
    return observe_once([](const Pass& pass) {
      std::vector<at::Tensor> terms;
      for_each_first_sample(pass, [&](const at::Tensor& rows, int calls) {
        constexpr std::int64_t kChannels = 8;
        const at::Tensor some = rows.slice(0, 0, kChannels);
        terms.push_back(
            smallest_correlation_eigenvalue(some) * calls *
            (static_cast<double>(rows.size(0)) / kChannels));
      });
      return score_of(at::stack(terms).sum(), "an activation is not finite");
    });
  };
  return d;
}

}  // namespace zcp::proxies
