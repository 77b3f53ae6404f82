// zico_bc = zico - sum over convolution outputs of log(H W / sqrt(C)).
// ZiCo-BC, Bhardwaj et al., 2023, https://arxiv.org/abs/2309.14666; no code
// released; beta = 1 as for classification, over the outputs of all
// convolutions that run.
#include <cmath>

#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/gradient_history.h"

namespace zcp::definitions {
namespace {

class ZicoBc final : public engine::Observer {
 public:
  void observe(const engine::Pass& pass) override {
    gradients_.add(pass);
    if (pass.minibatch > 0) return;
    for (const networks::LayerCall& call : pass.recording.calls) {
      if (call.kind != networks::LayerKind::conv) continue;
      const at::Tensor& out = call.output;
      correction_ += std::log(
          static_cast<double>(out.size(2) * out.size(3)) /
          std::sqrt(static_cast<double>(out.size(1))));
    }
  }

  engine::Score finish() override {
    engine::Score score = reductions::zico_score(gradients_);
    if (score.status == ScoreStatus::ok) score.value -= correction_;
    return score;
  }

 private:
  reductions::GradientHistory gradients_;
  double correction_ = 0;
};

}  // namespace

engine::Descriptor zico_bc() {
  engine::Descriptor d;
  d.name = "zico_bc";
  d.family = "gradient statistics";
  d.formula = "zico - sum over convolutions of log(H W / sqrt(C))";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.minibatches = 2;
  d.needs.all_minibatches = true;
  d.needs.labels = true;
  d.needs.parameter_gradients = true;
  d.needs.activations = true;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "float64 statistics";
  d.degenerate = "a gradient that is not finite";
  d.variant = "the paper's formula, beta 1";
  d.paper = "https://arxiv.org/abs/2309.14666";
  d.reference = "no code released";
  d.make = [](const engine::Setting&) { return std::make_unique<ZicoBc>(); };
  return d;
}

}  // namespace zcp::definitions
