// Convolutions as the networks of graphs run them.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "common/window.h"

namespace zcp::kernels {

/// Whose numbers the values of a convolution are. In float32 the order of its
/// sums moves their last bits, by which a ReLU may let a number through or not.
enum class ConvolutionValues : std::uint8_t {
  fastest,  ///< those of the fastest kernel for maps that lie channels last
  /// Those of LibTorch's operator on maps that lie as planes, which are read
  /// channels last where that gives the same bits.
  as_planes,
};

/// Whether convolutions by `weight` with values as of planes run on planes
/// altogether, gradients included: where that is the fastest, too.
bool is_for_planes(const at::Tensor& weight);

/// at::conv2d of x [N, C, H, W] by weight [out, C / groups, K, K], where K is
/// the window's kernel. Value and gradients come from LibTorch's
/// kernels or, for depthwise ones without a bias, nets/kernels/depthwise.h. The
/// derivatives of the gradients are convolutions and their
/// gradients again; LibTorch's own second derivative takes a convolution whose
/// kernel is as large as the map, for which it has no fast one. `bias` [out]
/// may be undefined; with a bias all of it is LibTorch's.
///
/// Kernels of one pixel with a stride run on the pixels they read, without one;
/// with values as of planes those at the weights' gradient alone.
at::Tensor convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const at::Tensor& bias,
    const Window& window,
    std::int64_t groups = 1,
    ConvolutionValues values = ConvolutionValues::fastest);

}  // namespace zcp::kernels
