// The factor is a prior on the size that its user chooses: here with the mean
// 10 and the width 100, in thousands of parameters.
#include <cmath>

#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/sample_axis.h"
#include "proxies/reductions/sign_patterns.h"

namespace zcp::definitions {

engine::Descriptor swap_regularized() {
  engine::Descriptor d = engine::variant_of(swap());
  d.formula = "swap * exp(-(params/1000 - 10)^2 / 100)";
  d.variant = "authors'; one draw of the weights; 0 by underflow far from mu";
  d.make = reductions::with_samples_first(
      &reductions::has_sign_patterns,
      engine::from_pass([](const engine::Pass& pass,
                           const engine::Setting& setting) {
        engine::Score score = reductions::pattern_score(pass.recording.calls);
        if (score.status != ScoreStatus::ok) return score;
        constexpr double kMu = 10;
        constexpr double kSigma = 100;
        const double distance = static_cast<double>(setting.params) / 1e3 - kMu;
        score.value *= std::exp(-distance * distance / kSigma);
        return score;
      }));
  return d;
}

}  // namespace zcp::definitions
