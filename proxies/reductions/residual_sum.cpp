#include "proxies/reductions/residual_sum.h"

#include <vector>

#include "nets/networks/script_network.h"

namespace zcp::reductions {

engine::Score sum_over_residual_blocks(
    const engine::Setting& setting,
    const std::function<double(const graph::ResidualBlock&)>& term) {
  std::vector<graph::ResidualBlock> blocks;
  if (setting.graph != nullptr) {
    blocks = graph::residual_blocks(*setting.graph);
  } else {
    const auto* script =
        dynamic_cast<const networks::ScriptNetwork*>(setting.network);
    if (script == nullptr || script->residual_blocks() == nullptr) {
      return engine::Score::degenerate(
          "a TorchScript file does not name its blocks");
    }
    blocks = *script->residual_blocks();
  }
  if (blocks.empty()) return engine::Score::degenerate("no residual block");
  double sum = 0;
  for (const auto& block : blocks) sum += term(block);
  return engine::Score::of(sum);
}

}  // namespace zcp::reductions
