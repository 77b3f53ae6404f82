// Products of the loss's Hessian and its gradient. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "nets/networks/network.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/sample_parts.h"

namespace zcp::reductions {

/// Whether a minibatch may be taken in parts, which wants a loss that is a mean
/// over samples.
enum class Division : std::uint8_t { none, allowed };

/// H g, by weight: g is the gradient of the minibatch's mean loss at `weights`,
/// parameters of the network that ask for gradients, and H its Hessian;
/// undefined where it does not reach. Where division is allowed,
/// samples_at_once() are differentiated twice together; fewer than all cost
/// another forward and backward pass.
std::vector<at::Tensor> hessian_gradient_product(
    const networks::Network& network,
    const std::vector<at::Tensor>& weights,
    const engine::DeviceMinibatch& batch,
    const engine::RunSettings& run,
    Division division,
    std::int64_t numbers_at_once = kNumbersAtOnce);

}  // namespace zcp::reductions
