// w is the mean width of the block's d layers and s the number of channels that
// skip them: the mean number of links of a channel.
#include <numeric>

#include "nets/graph/residual.h"
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/residual_sum.h"

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

}  // namespace

engine::Descriptor nn_degree() {
  engine::Descriptor d = engine::variant_of(nn_mass());
  d.formula = "sum over residual blocks of w + s / (w d)";
  d.variant = "the paper's definition; no code of its authors is public";
  d.paper = "https://arxiv.org/abs/2108.00568";
  d.reference = "none";
  d.make = engine::from_setting([](const engine::Setting& setting) {
    return reductions::sum_over_residual_blocks(setting, degree);
  });
  return d;
}

}  // namespace zcp::definitions
