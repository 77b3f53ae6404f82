// The neural tangent kernel as TE-NAS takes it. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "nets/networks/network.h"

namespace zcp::reductions {

/// Theta [N, N], float64: row n of G is the gradient of the sum of sample n's
/// logits, in train mode on the whole batch, with respect to every parameter
/// whose name holds "weight"; Theta = G G^T.
///
/// G is held as a whole where it takes `most_bytes` or fewer in the dtype of x.
/// A larger one is made and summed in pieces of that size, one piece of the
/// columns after the other, each with its own backward pass a sample; the order
/// of the sums then differs, which may change the last digits of Theta.
at::Tensor neural_tangent_kernel(
    const networks::Network& network,
    const at::Tensor& x,
    std::int64_t most_bytes = std::int64_t{256} << 20);

}  // namespace zcp::reductions
