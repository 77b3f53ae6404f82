// A stage is what runs at one resolution H x W up to its last layer of C
// channels, w the inputs c k^2 of each output of a convolution (c over the
// groups). Of a residual block the branch counts, its shortcut does not; the
// classifier does not. The authors publish the weights 1, 1, 1, 1, 8 for the
// five stages of their networks; other numbers of stages have 8 for the last
// one and 1 for all others. Their search takes 10 exp(std of the blocks'
// depths) off and limits deepmad_effectiveness to .3: neither is in the score.
#include <cmath>

#include "proxies/engine/observer.h"
#include "proxies/reductions/stages.h"

namespace zcp::definitions {
namespace {

constexpr double kLastStage = 8;

engine::Score deepmad_score(const reductions::Stages& stages) {
  double entropy = 0;
  double score = 0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    for (const graph::PathUnit& unit : stages[i]) {
      for (const graph::PathLayer& layer : unit.layers) {
        entropy += reductions::log_width(layer) / 2;
      }
    }
    const Shape out = stages[i].back().output();
    const double features =
        std::log(out.channels) +
        std::log(
            static_cast<double>(out.height) * static_cast<double>(out.width));
    const double weight = i + 1 == stages.size() ? kLastStage : 1;
    score += weight * features * entropy;
  }
  return engine::Score::of(score);
}

}  // namespace

engine::Descriptor deepmad() {
  engine::Descriptor d;
  d.family = "entropy";
  d.formula = "sum over stages of a log(C H W) sum of log sqrt(w) up to there";
  d.published = "higher";
  d.needs = {.pass = engine::PassKind::structure};
  d.dtype = "float64";
  d.degenerate =
      "layers beside each other (cells), other layers than convolutions; a "
      "TorchScript file";
  d.variant =
      "authors' code; a is 8 for the last stage, else 1; without the penalty "
      "of uneven depths";
  d.paper = "https://arxiv.org/abs/2303.02165";
  d.reference =
      "alibaba/lightweight-neural-architecture-search: "
      "tinynas/scores/compute_deepmad.py";
  d.bfloat16_tau = 1;  // nothing runs
  d.make = engine::from_setting([](const engine::Setting& setting) {
    return reductions::score_of_stages(setting, deepmad_score);
  });
  return d;
}

}  // namespace zcp::definitions
