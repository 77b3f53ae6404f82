// The operator of nets/kernels/weight_gradient.h on CUDA devices.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

namespace zcp::kernels {

/// Whether the kernel takes x [N, I, H, W] and weights [O, I, 3, 3]: float32
/// (not tf32, for which cuDNN has faster ones), and sizes that it knows.
bool fits_weight_gradient_3x3(const at::Tensor& x, const at::Tensor& weight);

}  // namespace zcp::kernels
