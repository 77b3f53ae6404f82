// apd = stable_rank * sum over convolutions of ||W||_1 / ||W||_2.
// APD, NeurIPS 2025 (LLM-designed proxy); no code released, from the paper's
// formula. For random weights the second factor is a size term.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {

engine::Descriptor apd() {
  engine::Descriptor d;
  d.name = "apd";
  d.family = "feature spectrum";
  d.formula = "stable_rank * sum over convolutions of ||W||_1 / ||W||_2";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise;
  d.needs.activations = true;
  d.needs.folding = graph::Folding::as_declared;
  d.dtype = "float64";
  d.degenerate = "no BatchNorm";
  d.variant = "the paper's product";
  d.paper = "NeurIPS 2025, APD";
  d.reference = "no code released";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      engine::Score score = reductions::stable_rank_of(pass);
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
  };
  return d;
}

}  // namespace zcp::definitions
