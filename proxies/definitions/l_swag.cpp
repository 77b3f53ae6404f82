// l_swag = Lambda * Psi. Lambda = sum over layers of log sum_w 1 / std_b |g_w|
// over the minibatches; Psi = sum over activations of the number of different
// sign patterns of a unit over the samples.
// L-SWAG, Casarin et al., CVPR 2025, https://arxiv.org/abs/2505.07300; no code
// released, from the paper's formula. Deviation: no selection of layers (the
// paper's percentiles come from 1,000 networks of the space).
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/gradient_history.h"
#include "proxies/reductions/sign_patterns.h"

namespace zcp::definitions {
namespace {

class LSwag final : public engine::Observer {
 public:
  void observe(const engine::Pass& pass) override {
    gradients_.add(pass);
    if (pass.minibatch > 0) return;
    for (const networks::LayerCall& call : pass.recording.calls) {
      const auto patterns = reductions::count_patterns(std::span(&call, 1));
      if (patterns) patterns_ += static_cast<double>(*patterns * call.merged);
    }
  }

  engine::Score finish() override {
    std::vector<at::Tensor> logs;
    for (const auto& layer : gradients_.layers()) {
      if (!layer.empty()) logs.push_back(layer_term(layer));
    }
    if (logs.empty()) return engine::Score::of(0);
    return engine::score_of(
        at::stack(logs).sum() * patterns_, "a gradient is not finite");
  }

 private:
  /// log sum 1 / std|g| of one layer; 0 where every deviation is 0.
  static at::Tensor layer_term(const std::vector<at::Tensor>& gradients) {
    const at::Tensor deviation =
        at::stack(gradients).to(at::kDouble).abs().std(0, false);
    const at::Tensor sum =
        at::where(
            deviation > 0, deviation.reciprocal(), at::zeros_like(deviation))
            .sum();
    return at::where(sum > 0, sum.log(), at::zeros_like(sum));
  }

  reductions::GradientHistory gradients_;
  double patterns_ = 0;
};

}  // namespace

engine::Descriptor l_swag() {
  engine::Descriptor d;
  d.name = "l_swag";
  d.family = "gradient statistics";
  d.formula = "(sum over layers of log sum_w 1/std|g|) * sum of sign patterns";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.minibatches = 2;
  d.needs.all_minibatches = true;
  d.needs.labels = true;
  d.needs.parameter_gradients = true;
  d.needs.codes = true;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "float64 statistics";
  d.degenerate = "a gradient that is not finite; no activation";
  d.variant = "the paper's formula without its selection of layers";
  d.paper = "https://arxiv.org/abs/2505.07300";
  d.reference = "no code released";
  d.make = [](const engine::Setting&) { return std::make_unique<LSwag>(); };
  return d;
}

}  // namespace zcp::definitions
