// Average pools as the networks of graphs run them.
#pragma once

#include <ATen/ATen.h>

#include "common/window.h"

namespace zcp::kernels {

/// at::avg_pool2d of x [N, C, H, W], to the last bit, and its gradients. In
/// float32 on the CPU, channels last, it runs here: LibTorch's takes as long as
/// a convolution where channels are few. On CUDA devices kernels of zcp's own
/// take half of LibTorch's time. All else is LibTorch's. Padded pixels
/// are not counted; the dilation is 1.
/// Throws std::invalid_argument, or what LibTorch does, for a window that is
/// larger than the padded map or padded by more than half of itself.
at::Tensor average_pool(const at::Tensor& x, const Window& window);

/// x as LibTorch's average pools of its device can be given it: itself on the
/// processor, planes elsewhere, since LibTorch 2.11 has wrong gradients of
/// other layouts on CUDA devices.
at::Tensor pool_input(const at::Tensor& x);

}  // namespace zcp::kernels
