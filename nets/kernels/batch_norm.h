// BatchNorm in train mode, as the networks of graphs run it.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace zcp::kernels {

/// Mean and variance of each channel over a batch, float64 [C]. The variance is
/// the unbiased one, which PyTorch's running statistics collect, and 0 for a
/// single value.
struct BatchMoments {
  at::Tensor mean;
  at::Tensor variance;
  double values = 0;  ///< how many a channel has
};

/// The moments of x [N, C, H, W] in any layout, type and place.
BatchMoments channel_moments(const at::Tensor& x);

/// The variance as networks::LayerCall::batch_variance has it: not a number for
/// a single value.
at::Tensor recorded_variance(const BatchMoments& moments);

/// How float32 statistics and the line that they make of x are rounded.
enum class NormRounding : std::uint8_t {
  once,  ///< factor and term of each channel, from float64
  /// As LibTorch rounds them for maps that lie as planes: mean, variance, 1 /
  /// deviation and factor one after the other. The values are then the same to
  /// the bit, at the price of going over x once more.
  as_planes,
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
    BatchMoments* moments = nullptr,
    NormRounding rounding = NormRounding::once);

/// The same with given statistics [C], for x [N, C, ...]: eval mode. Where it
/// is differentiated it is a product and a sum for each channel, whose second
/// derivative reads everything once; LibTorch's goes through it a dozen times.
at::Tensor batch_norm_of_statistics(
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& shift,
    const at::Tensor& mean,
    const at::Tensor& variance,
    double epsilon);

/// One term of a sum: BatchNorm of x [N, C, H, W] as above, or x itself.
struct SumTerm {
  at::Tensor x;
  bool normalised = false;
  at::Tensor scale;
  at::Tensor shift;
  double epsilon = 0;
  BatchMoments* moments = nullptr;
  NormRounding rounding = NormRounding::once;  ///< on the processor
};

/// Whether sum_of_batch_norms() can take terms of this type and place.
bool sums_batch_norms(const at::Tensor& x);

/// What follows the sum.
struct SumEnd {
  bool relu = false;
  /// How many tensors to return. They are one value; the gradients that arrive
  /// at them are summed from the last to the first, as LibTorch's engine sums
  /// those of readers that ran in that order.
  int copies = 1;
  /// On devices alone, and without `relu`: how many tensors of relu(sum) to
  /// return after those of the sum. They are one value, too.
  int rectified = 0;
  /// Where the ReLU ends: 6 for ReLU6. On the processor alone.
  double ceiling = std::numeric_limits<double>::infinity();
};

/// y, and what `SumEnd::copies` asks for beside it: the same memory without its
/// history, for the outputs of an autograd function.
std::vector<at::Tensor> copies_of(const at::Tensor& y, int copies);

/// The sum of the terms in their order, with a ReLU where one is wanted, in one
/// pass over memory: the same numbers as from batch_norm_of_batch(), at::add
/// and at::relu, which write every value in between to memory and read it
/// again.
std::vector<at::Tensor> sum_of_batch_norms(
    std::span<const SumTerm> terms,
    const SumEnd& end);

}  // namespace zcp::kernels
