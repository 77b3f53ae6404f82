// Average pools on CUDA devices.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "common/window.h"

namespace zcp::kernels {

/// Whether the kernels know the numbers of x, and its sides are short enough.
bool has_pools_on_cuda(const at::Tensor& x);

/// average_pool() of x [N, C, H, W], contiguous, without a history.
at::Tensor pooled_on_cuda(const at::Tensor& x, const Window& window);

/// Its gradient at x [N, C, height, width] from dy, contiguous.
at::Tensor pool_gradient_on_cuda(
    const at::Tensor& dy,
    std::int64_t height,
    std::int64_t width,
    const Window& window);

}  // namespace zcp::kernels
