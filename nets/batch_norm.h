// BatchNorm in train mode, as the networks of graphs run it.
#pragma once

#include <ATen/ATen.h>

namespace zcp::nets {

/// Of each channel over a batch, float64 [C]; the variance is the unbiased one,
/// which PyTorch's running statistics collect.
struct BatchMoments {
  at::Tensor mean;
  at::Tensor variance;
};

/// (x - mean) / sqrt(variance + epsilon) * scale + shift with the statistics of
/// each channel over the batch, for x [N, C, H, W]; `scale` and `shift` [C] may
/// be undefined.
///
/// LibTorch's operator sums float32 (and bfloat16) statistics of channels-last
/// tensors in float32, one after the other, which costs three digits of a
/// gradient. On the CPU they are summed in float64 here: forward, backward, and
/// in the derivative of the derivative, which reads everything twice where
/// LibTorch's goes through it a dozen times; there is no third derivative.
/// Everything else (float64, other devices) is LibTorch's.
///
/// `moments`, where given, is filled with the batch's.
at::Tensor batch_norm_of_batch(
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& shift,
    double epsilon,
    BatchMoments* moments = nullptr);

}  // namespace zcp::nets
