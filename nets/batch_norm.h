// BatchNorm in train mode, as the networks of graphs run it.
#pragma once

#include <ATen/ATen.h>

namespace zcp::nets {

/// (x - mean) / sqrt(variance + epsilon) * scale + shift with the statistics of
/// each channel over the batch, for x [N, C, H, W]; `scale` and `shift` [C] may
/// be undefined.
///
/// LibTorch's operator sums float32 (and bfloat16) statistics of channels-last
/// tensors in float32, one after the other, which costs three digits of a
/// gradient. On the CPU they are summed in float64 here, forward and backward.
/// Everything else, and the derivative of the derivative, is LibTorch's.
at::Tensor batch_norm_of_batch(
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& shift,
    double epsilon);

}  // namespace zcp::nets
