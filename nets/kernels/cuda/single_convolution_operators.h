// Convolutions of a single map in float64 on CUDA devices.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include "common/window.h"

namespace zcp::kernels {

/// Whether the kernels take maps and weights of these sizes.
bool fits_single_convolution(const at::Tensor& x, const at::Tensor& weight);

/// The convolution of x [1, I, H, W] by weight [O, I, k, k], without a history.
at::Tensor single_convolution_on_cuda(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window);

/// The gradient at x from dy at the convolution.
at::Tensor single_input_gradient_on_cuda(
    const at::Tensor& dy,
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window);

}  // namespace zcp::kernels
