// meco_opt = meco on the first 8 channels of each output, each eigenvalue times
// C/8.
// Jiang et al., NeurIPS 2023, https://openreview.net/forum?id=KFm2lZiI7n;
// HamsterMimi/MeCo: measures/meco.py, correlation/NAS_Bench_201.py. One noise
// image in train mode. Correlations that do not exist count as 0.
// Deviation: symmetric eigenvalues; of a TorchScript network layers are seen,
// not containers. The authors draw the 8 channels at random.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/first_sample.h"

namespace zcp::definitions {

engine::Descriptor meco_opt() {
  engine::Descriptor d;
  d.name = "meco_opt";
  d.family = "feature spectrum";
  d.formula = "sum over modules of C/8 min eig corr(first 8 channels)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise_one;
  d.needs.activations = true;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "float64";
  d.degenerate = "never";
  d.variant =
      "authors', symmetric eigenvalues; negative correlation on NATS-SSS";
  d.paper = "https://openreview.net/forum?id=KFm2lZiI7n";
  d.reference = "HamsterMimi/MeCo: correlation/NAS_Bench_201.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      std::vector<at::Tensor> terms;
      reductions::for_each_first_sample(
          pass, [&](const at::Tensor& rows, int calls) {
            constexpr std::int64_t kChannels = 8;
            const at::Tensor some = rows.slice(0, 0, kChannels);
            terms.push_back(
                reductions::smallest_correlation_eigenvalue(some) * calls *
                (static_cast<double>(rows.size(0)) / kChannels));
          });
      return engine::score_of(
          at::stack(terms).sum(), "an activation is not finite");
    });
  };
  return d;
}

}  // namespace zcp::definitions
