// Average pools as the networks of graphs run them.
#pragma once

#include <ATen/ATen.h>

namespace zcp::kernels {

/// Of square windows, in pixels; padding <= kernel / 2, and padded pixels are
/// not counted.
struct PoolShape {
  int kernel = 1;
  int stride = 1;
  int padding = 0;
};

/// at::avg_pool2d of x [N, C, H, W], to the last bit, and its gradients. In
/// float32 on the CPU, channels last, it runs here: LibTorch's takes as long as
/// a convolution where channels are few. All else is LibTorch's. Throws
/// std::invalid_argument, or what LibTorch does, for a window that is larger
/// than the padded map or padding of more than half of it.
at::Tensor average_pool(const at::Tensor& x, const PoolShape& shape);

}  // namespace zcp::kernels
