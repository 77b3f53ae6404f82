// Per-sample gradients of a layer's weight from what a pass recorded. Needs
// LibTorch.
#pragma once

#include <ATen/ATen.h>

#include "nets/networks/network.h"

namespace zcp::reductions {

/// The gradient of each sample's own loss at the weight, [N, numel(W)], of a
/// convolution or linear layer that ran once on a batch whose samples do not
/// interact: the product of the input (unfolded into windows) and the gradient
/// at the output.
at::Tensor per_sample_weight_gradient(
    const networks::LayerCall& call,
    const at::Tensor& weight,
    const at::Tensor& output_gradient);

}  // namespace zcp::reductions
