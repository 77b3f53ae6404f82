// nn_mass = sum over residual blocks of density x width x depth: the share of
// the possible links that skip layers, times the channels of its layers. With
// `in` channels entering, of which all skip: basic blocks in + out, bottlenecks
// of width w (in + 2 w) in / (2 in + w), inverted residuals of width h
// (in + 2 h) in / (2 in + h), and 0 where those have no shortcut.
// Bhardwaj, Li, Marculescu, CVPR 2021, https://arxiv.org/abs/1910.00780
// SLDGroup/NN_Mass: model_zoo.py. Blocks are found in the graph; what is no
// residual block does not count. The authors' blocks with skips of a part of
// the channels (wide DenseNets) are in none of our spaces.
#include "nets/graph/residual.h"
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

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

engine::Score total_mass(const engine::Setting& setting) {
  if (setting.graph == nullptr) {
    return engine::Score::degenerate(
        "a TorchScript file does not name its blocks");
  }
  const auto blocks = graph::residual_blocks(*setting.graph);
  if (blocks.empty()) return engine::Score::degenerate("no residual block");
  double sum = 0;
  for (const auto& block : blocks) sum += mass(block);
  return engine::Score::of(sum);
}

}  // namespace

engine::Descriptor nn_mass() {
  engine::Descriptor d;
  d.name = "nn_mass";
  d.family = "size";
  d.formula = "sum over residual blocks of density x width x depth";
  d.published = "higher";
  d.needs.pass = engine::PassKind::structure;
  d.dtype = "float64";
  d.degenerate = "no residual block; a TorchScript file";
  d.variant = "authors' code for ResNet and MobileNetV2 blocks; cells tie";
  d.paper = "https://arxiv.org/abs/1910.00780";
  d.reference = "SLDGroup/NN_Mass: model_zoo.py";
  d.make = [](const engine::Setting& setting) {
    return engine::observe_nothing(
        [score = total_mass(setting)] { return score; });
  };
  return d;
}

}  // namespace zcp::definitions
