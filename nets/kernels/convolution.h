// Convolutions as the networks of graphs run them.
#pragma once

#include <ATen/ATen.h>

#include "common/window.h"

namespace zcp::kernels {

/// at::conv2d of x [N, C, H, W] by weight [out, C / groups, K, K], where K is
/// the window's kernel. Value and gradients come from LibTorch's
/// kernels or, for depthwise ones without a bias, nets/kernels/depthwise.h. The
/// derivatives of the gradients are convolutions and their
/// gradients again; LibTorch's own second derivative takes a convolution whose
/// kernel is as large as the map, for which it has no fast one. `bias` [out]
/// may be undefined; with a bias all of it is LibTorch's.
///
/// Kernels of one pixel with a stride run on the pixels they read, without one.
at::Tensor convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const at::Tensor& bias,
    const Window& window,
    std::int64_t groups = 1);

}  // namespace zcp::kernels
