// The second factor depends, for random weights, on the sizes of the
// convolutions alone.
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {

engine::Descriptor apd() {
  engine::Descriptor d;
  d.family = "feature spectrum";
  d.formula = "stable_rank * sum over convolutions of ||W||_1 / ||W||_2";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::noise,
      .activations = true,
      .folding = graph::Folding::as_declared};
  d.dtype = "float64";
  d.degenerate = "no BatchNorm";
  d.variant = "the paper's product";
  d.paper = "NeurIPS 2025, APD";
  d.reference = "no code released";
  d.bfloat16_tau = 0.999;
  d.make = engine::from_pass([](const engine::Pass& pass) {
    const engine::Score score =
        engine::resolved(reductions::stable_rank_of(pass));
    if (score.status != ScoreStatus::ok) return score;
    std::vector<at::Tensor> ratios;
    for (const auto& parameter : pass.network.parameters()) {
      if (parameter.kind != networks::ParameterKind::conv_weight) continue;
      const at::Tensor w = parameter.value.detach().to(at::kDouble);
      ratios.push_back(w.abs().sum() / w.norm());
    }
    if (ratios.empty()) return engine::Score::degenerate("no convolution");
    return engine::score_of(
        at::stack(ratios).sum() * score.value, "a weight is not finite");
  });
  return d;
}

}  // namespace zcp::definitions
