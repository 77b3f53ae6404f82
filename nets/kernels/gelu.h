// GELU whose gradient is right in every layout.
#pragma once

#include <ATen/ATen.h>

namespace zcp::kernels {

/// Lays the gradient that arrives at y = gelu(x) out in memory as x is.
/// LibTorch 1.13 computes GELU's gradient in float32 on processors by oneDNN as
/// if both lay alike, and reads memory that nobody wrote where x is dense and
/// the gradient is transposed, as behind gelu(x).transpose(1, 2).
void lay_out_gelu_gradient(const at::Tensor& y, const at::Tensor& x);

}  // namespace zcp::kernels
