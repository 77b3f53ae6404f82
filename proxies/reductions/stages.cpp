#include "proxies/reductions/stages.h"

#include <cmath>

namespace zcp::reductions {

engine::Score score_of_stages(
    const engine::Setting& setting,
    const std::function<engine::Score(const Stages&)>& compute) {
  if (setting.graph == nullptr) {
    return engine::Score::degenerate(
        "a formula of the graph's main path, which a TorchScript file or an "
        "exported program does not name");
  }
  const auto path = graph::main_path(*setting.graph);
  if (!path) {
    return engine::Score::degenerate(
        "a formula of convolutions that run one after another, with shortcuts; "
        "here layers run beside each other, or are no convolutions");
  }
  return compute(graph::stages_of(*path));
}

double log_width(const graph::PathLayer& layer) {
  return std::log(
      static_cast<double>(layer.inputs) * layer.kernel * layer.kernel);
}

}  // namespace zcp::reductions
