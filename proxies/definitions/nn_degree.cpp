// nn_degree = sum over residual blocks of w + s / (w d): the mean number of
// links of a channel, w the mean width of the block's d layers, s the channels
// that skip them.
// Li, Mandal, Ogras, Marculescu, FLASH, ACM TECS 2021,
// https://arxiv.org/abs/2108.00568. No code of the authors is public; blocks
// and what skips them are those of nn_mass.
#include <numeric>

#include "nets/graph/residual.h"
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {
namespace {

double degree(const graph::ResidualBlock& block) {
  const double channels =
      std::accumulate(block.widths.begin(), block.widths.end(), 0.0);
  const bool skips =
      block.identity || block.kind != graph::ResidualBlock::Kind::inverted;
  const double width = channels / static_cast<double>(block.widths.size());
  return width + (skips ? block.input / channels : 0);
}

engine::Score total_degree(const engine::Setting& setting) {
  if (setting.graph == nullptr) {
    return engine::Score::degenerate(
        "a TorchScript file does not name its blocks");
  }
  const auto blocks = graph::residual_blocks(*setting.graph);
  if (blocks.empty()) return engine::Score::degenerate("no residual block");
  double sum = 0;
  for (const auto& block : blocks) sum += degree(block);
  return engine::Score::of(sum);
}

}  // namespace

engine::Descriptor nn_degree() {
  engine::Descriptor d;
  d.name = "nn_degree";
  d.family = "size";
  d.formula = "sum over residual blocks of w + s / (w d)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::structure;
  d.dtype = "float64";
  d.degenerate = "no residual block; a TorchScript file";
  d.variant = "the paper's definition; no code of its authors is public";
  d.paper = "https://arxiv.org/abs/2108.00568";
  d.reference = "none";
  d.make = [](const engine::Setting& setting) {
    return engine::observe_nothing(
        [score = total_degree(setting)] { return score; });
  };
  return d;
}

}  // namespace zcp::definitions
