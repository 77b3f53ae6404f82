// The authors draw the 8 channels at random.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/first_sample.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {

engine::Descriptor meco_opt() {
  engine::Descriptor d = engine::variant_of(meco());
  d.formula = "sum over modules of C/8 min eig corr(first 8 channels)";
  d.reference = "HamsterMimi/MeCo: correlation/NAS_Bench_201.py";
  d.make = reductions::with_samples_first(
      [](const networks::LayerCall& call) { return call.calls > 0; },
      engine::from_pass([](const engine::Pass& pass) {
        return reductions::sum_over_first_samples(
            pass, [](const at::Tensor& rows, int calls) {
              constexpr std::int64_t kChannels = 8;
              const at::Tensor some = rows.slice(0, 0, kChannels);
              return reductions::smallest_correlation_eigenvalue(some) * calls *
                     (static_cast<double>(rows.size(0)) / kChannels);
            });
      }));
  return d;
}

}  // namespace zcp::definitions
