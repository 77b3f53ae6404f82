// The kernel of agreeing ReLU codes that NASWOT's variants share.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <optional>

#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// K [N, N], float64: for each pair of samples the number of units, over the
/// ReLU calls that `counts` accepts, whose codes 1[x > 0] agree; a call counts
/// as often as there are modules with "ReLU" in their class name, as in the
/// authors' code: AutoDL's ReLUConvBN beside the ReLU inside. Undefined without
/// any ReLU.
at::Tensor code_kernel(
    const engine::Pass& pass,
    const std::function<bool(const networks::LayerCall&)>& counts);

/// log |det K|; degenerate when K is undefined or singular.
engine::Score log_determinant(const at::Tensor& kernel);

}  // namespace zcp::reductions
