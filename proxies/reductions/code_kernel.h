// The kernel of agreeing ReLU codes that NASWOT's variants share. Needs
// LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <optional>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// K [N, N], float64: for each pair of samples the number of units whose codes
/// 1[x > 0] agree, over the ReLU calls that `counts` accepts. As in the
/// authors' code a call counts once for each module with "ReLU" in its class
/// name that it stands for: AutoDL's ReLUConvBN counts beside the ReLU inside
/// it. Undefined without any ReLU.
at::Tensor code_kernel(
    const engine::Pass& pass,
    const std::function<bool(const networks::LayerCall&)>& counts);

/// log |det K|; degenerate when K is undefined or singular.
engine::Score log_determinant(const at::Tensor& kernel);

}  // namespace zcp::reductions
