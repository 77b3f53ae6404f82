// Density is the share of the possible links that skip layers, width that of
// the layers' channels. With `in` channels entering a block, of which all skip,
// a basic block adds in + out, a bottleneck or an inverted residual of width w
// (in + 2 w) in / (2 in + w), and one without shortcut 0. Blocks are found in
// the graph; what is no residual block does not count. No space here has the
// authors' blocks of which a part of the channels skips (wide DenseNets).
#include "nets/graph/residual.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/residual_sum.h"

namespace zcp::definitions {
namespace {

double mass(const graph::ResidualBlock& block) {
  using Kind = graph::ResidualBlock::Kind;
  const double in = block.input;
  const double width = block.widths[0];
  if (block.kind == Kind::basic) return in + width;
  if (block.kind == Kind::inverted && !block.identity) return 0;
  return (in + 2 * width) * in / (2 * in + width);
}

}  // namespace

engine::Descriptor nn_mass() {
  engine::Descriptor d;
  d.family = "size";
  d.formula = "sum over residual blocks of density x width x depth";
  d.published = "higher";
  d.needs = {.pass = engine::PassKind::structure};
  d.dtype = "float64";
  d.degenerate = "no residual block; a TorchScript file";
  d.variant = "authors' code for ResNet and MobileNetV2 blocks; cells tie";
  d.paper = "https://arxiv.org/abs/1910.00780";
  d.reference = "SLDGroup/NN_Mass: model_zoo.py";
  d.make = engine::from_setting([](const engine::Setting& setting) {
    return reductions::sum_over_residual_blocks(setting, mass);
  });
  return d;
}

}  // namespace zcp::definitions
