// The neural tangent kernel as TE-NAS takes it. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include "nets/networks/network.h"

namespace zcp::reductions {

/// Theta [N, N], float64: row n of G is the gradient of the sum of sample n's
/// logits, in train mode on the whole batch, with respect to every parameter
/// whose name holds "weight"; Theta = G G^T.
at::Tensor neural_tangent_kernel(
    const networks::Network& network,
    const at::Tensor& x);

}  // namespace zcp::reductions
