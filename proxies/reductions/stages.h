// Closed formulas of the stages of a convolutional network. Needs LibTorch.
#pragma once

#include <functional>
#include <vector>

#include "nets/graph/main_path.h"
#include "proxies/engine/observer.h"

namespace zcp::reductions {

using Stages = std::vector<std::vector<graph::PathUnit>>;

/// `compute` of the graph's stages. Degenerate where its layers do not run one
/// after another (graph::main_path()), and for a network without a graph, such
/// as a TorchScript file.
engine::Score score_of_stages(
    const engine::Setting& setting,
    const std::function<engine::Score(const Stages&)>& compute);

/// log of the inputs of each output of a convolution, c k^2.
double log_width(const graph::PathLayer& layer);

}  // namespace zcp::reductions
