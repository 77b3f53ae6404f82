// The neural tangent kernel as TE-NAS takes it. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>

#include "nets/networks/network.h"
#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// Theta [N, N], float64: row n of G is the gradient of the sum of sample n's
/// logits, in train mode on the whole batch, with respect to every parameter
/// whose name holds "weight"; Theta = G G^T.
///
/// G is held as a whole where it takes `most_bytes` or fewer in the dtype of x.
/// A larger one is summed in pieces of that size, one piece of the columns
/// after the other; the order of the sums then differs, which may change the
/// last digits of Theta. Pieces of `held_bytes` together are made by one
/// backward pass a sample, which changes nothing but time and memory.
at::Tensor neural_tangent_kernel(
    const networks::Network& network,
    const at::Tensor& x,
    std::int64_t most_bytes = std::int64_t{256} << 20,
    std::int64_t held_bytes = std::int64_t{1} << 30);

/// That of the setting's network on its first minibatch, made once for all
/// proxies that ask.
std::shared_ptr<const at::Tensor> neural_tangent_kernel(
    const engine::Setting& setting);

}  // namespace zcp::reductions
