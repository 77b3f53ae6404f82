// Products of the loss's Hessian and its gradient. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "nets/networks/network.h"
#include "proxies/engine/observer.h"

namespace zcp::reductions {

/// H g, by weight: g is the gradient of the minibatch's mean loss at `weights`,
/// parameters of the network that ask for gradients, and H its Hessian;
/// undefined where it does not reach. So many samples are differentiated twice
/// at once; fewer than all may be where samples do not interact, and cost
/// another forward and backward pass.
std::vector<at::Tensor> hessian_gradient_product(
    const networks::Network& network,
    const std::vector<at::Tensor>& weights,
    const engine::DeviceMinibatch& batch,
    std::int64_t samples_at_once,
    const engine::RunSettings& run);

}  // namespace zcp::reductions
