#include "proxies/reductions/residual_sum.h"

namespace zcp::reductions {

engine::Score sum_over_residual_blocks(
    const engine::Setting& setting,
    const std::function<double(const graph::ResidualBlock&)>& term) {
  if (setting.graph == nullptr) {
    return engine::Score::degenerate(
        "a TorchScript file does not name its blocks");
  }
  const auto blocks = graph::residual_blocks(*setting.graph);
  if (blocks.empty()) return engine::Score::degenerate("no residual block");
  double sum = 0;
  for (const auto& block : blocks) sum += term(block);
  return engine::Score::of(sum);
}

}  // namespace zcp::reductions
