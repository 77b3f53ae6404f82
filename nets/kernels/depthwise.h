// Depthwise convolutions: every channel has a kernel of its own. oneDNN's and
// LibTorch's take up to twenty times as long for those with a dilation, in
// float64, and for the gradients.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "common/window.h"

namespace zcp::kernels {

/// Whether the functions below can run a convolution: x [N, C, H, W] and weight
/// [C, 1, K, K], both float32 or both float64, on the CPU, in C groups, C > 1.
/// None of those functions keeps a history for derivatives; all tensors have
/// x's type, and the window's kernel is K.
bool is_depthwise(
    const at::Tensor& x,
    const at::Tensor& weight,
    std::int64_t groups);

/// y [N, C, H', W'], channels last. Throws std::invalid_argument where the
/// kernel is larger than the padded map.
at::Tensor depthwise_convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window);

/// The gradient at x [N, C, height, width] from dy at y, channels last.
at::Tensor depthwise_input_gradient(
    const at::Tensor& dy,
    const at::Tensor& weight,
    std::int64_t height,
    std::int64_t width,
    const Window& window);

/// The gradient at the weights, [C, 1, K, K]. Rows of an image are
/// summed in x's type, their sums in float64.
at::Tensor depthwise_weight_gradient(
    const at::Tensor& dy,
    const at::Tensor& x,
    const Window& window);

}  // namespace zcp::kernels
