// Gradients at the weights of convolutions on devices other than the processor.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "common/window.h"

namespace zcp::kernels {

/// Whether weight_gradient_on_device() has a way of its own, which is then
/// faster, and in float32 more exact, than that of LibTorch.
bool has_weight_gradient(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window,
    std::int64_t groups);

/// The gradient at `weight` [O, I, k, k] of a convolution of x [N, I, H, W] at
/// whose output dy [N, O, H, W] arrives.
at::Tensor weight_gradient_on_device(
    const at::Tensor& dy,
    const at::Tensor& x,
    const at::Tensor& weight);

}  // namespace zcp::kernels
