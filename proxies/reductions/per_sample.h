// Per-sample gradients of a layer's weight from what a pass recorded.
#pragma once

#include <ATen/ATen.h>

#include "nets/networks/network.h"

namespace zcp::reductions {

/// d/dW of each sample's own loss, [N, numel(W)], for a convolution or linear
/// layer that ran once on a batch whose samples do not interact: the product of
/// the input (unfolded into windows) and the output's gradient.
at::Tensor per_sample_weight_gradient(
    const networks::LayerCall& call,
    const at::Tensor& weight,
    const at::Tensor& output_gradient);

}  // namespace zcp::reductions
