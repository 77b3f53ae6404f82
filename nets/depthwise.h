// Depthwise convolutions: every channel has a kernel of its own. oneDNN's and
// LibTorch's take up to twenty times as long for those with a dilation, in
// float64, and for the gradients.
#pragma once

#include <ATen/ATen.h>

#include "nets/convolution.h"

namespace zcp::nets {

/// Whether the following can run it: x [N, C, H, W] and weight [C, 1, K, K] in
/// float32 or float64 on the CPU, C groups.
bool is_depthwise(
    const at::Tensor& x,
    const at::Tensor& weight,
    const ConvolutionShape& shape);

/// y [N, C, H', W'], channels last.
at::Tensor depthwise_convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const ConvolutionShape& shape);

/// The gradient at x [N, C, height, width] from dy at y, channels last.
at::Tensor depthwise_input_gradient(
    const at::Tensor& dy,
    const at::Tensor& weight,
    std::int64_t height,
    std::int64_t width,
    const ConvolutionShape& shape);

/// The gradient at the weights; summed in float64.
at::Tensor depthwise_weight_gradient(
    const at::Tensor& dy,
    const at::Tensor& x,
    std::int64_t kernel,
    const ConvolutionShape& shape);

}  // namespace zcp::nets
