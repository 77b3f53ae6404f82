// The gradients of BatchNorm in train mode, for nets/kernels/batch_norm.cpp.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/variable.h>

#include <cstdint>
#include <vector>

#include "nets/kernels/channel_loops.h"

namespace zcp::kernels {

/// The shape of a channels-last tensor [N, C, H, W] as a matrix.
Matrix matrix_of(const at::Tensor& x);

/// The numbers of a tensor [C] of any floating type.
std::vector<double> channel_values(const at::Tensor& channels);

/// Numbers as a tensor [C], float64.
at::Tensor channel_tensor(const std::vector<double>& channels);

/// Sums of channels from sums of columns.
std::vector<double> by_channel(
    const std::vector<double>& columns,
    const Matrix& m);

/// By column the number of its channel.
template <typename Number>
std::vector<Number> by_column(
    const std::vector<double>& channels,
    const Matrix& m);

/// The gradients of one BatchNorm, in two sweeps over gradient and input. Each
/// sweep may be made in any number of parts, a part being some rows:
/// dx = scale / deviation (dy - mean(dy) - xhat mean(dy xhat)).
class GradientSweeps {
 public:
  /// scale, mean and 1 / deviation of each channel, [C].
  GradientSweeps(
      const Matrix& whole,
      const at::Tensor& scale,
      const at::Tensor& mean,
      const at::Tensor& inverse);

  /// The first sweep, over one part.
  template <typename T>
  void add(const T* dy, const T* x, std::int64_t rows) {
    add_gradients(
        dy, x, part(rows), mean_.data(), sums_.data(), products_.data());
  }

  /// Called between the two sweeps.
  void conclude();

  /// The second sweep, over one part.
  template <typename T>
  void combine(const T* dy, const T* x, std::int64_t rows, T* dx) const {
    combine_columns(
        dy,
        x,
        part(rows),
        {centre_.data(), of_dy_.data(), of_x_.data(), term_.data()},
        dx);
  }

  /// After conclude(): the sums of dy and of dy xhat, which are the gradients
  /// at shift and scale; float64 [C].
  at::Tensor sum() const { return channel_tensor(sum_); }
  at::Tensor product() const { return channel_tensor(product_); }

 private:
  Matrix part(std::int64_t rows) const {
    return {rows, whole_.columns, whole_.channels};
  }

  Matrix whole_;
  std::vector<double> scale_;    // by channel
  std::vector<double> inverse_;  // by channel
  std::vector<double> sum_;      // by channel
  std::vector<double> product_;  // by channel
  std::vector<double> mean_;     // by column, as all that follow
  std::vector<double> sums_;
  std::vector<double> products_;
  std::vector<float> centre_;
  std::vector<float> of_dy_;
  std::vector<float> of_x_;
  std::vector<float> term_;
};

/// Gradients at x, scale and shift as a function of dy, x and scale that can
/// be differentiated once more, for float32 and bfloat16. `mean` and `inverse`
/// [C], which are functions of x, are given; their part is in the derivative
/// by x.
torch::autograd::variable_list differentiable_batch_norm_gradient(
    const at::Tensor& dy,
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& mean,
    const at::Tensor& inverse);

}  // namespace zcp::kernels
