// Sums over the residual blocks of a graph. Needs LibTorch.
#pragma once

#include <functional>

#include "nets/graph/residual.h"
#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// Sum of `term` over the graph's residual blocks. Degenerate without any, and
/// for a TorchScript file.
engine::Score sum_over_residual_blocks(
    const engine::Setting& setting,
    const std::function<double(const graph::ResidualBlock&)>& term);

}  // namespace zcp::reductions
