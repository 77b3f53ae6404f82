// Sums of BatchNorms on devices other than the processor.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "nets/kernels/batch_norm.h"

namespace zcp::kernels {

/// Whether the operators zcp::norm_moments, zcp::norm_sum and
/// zcp::norm_sum_gradients are there for the device of x [N, C, H, W].
bool has_sum_operators(const at::Tensor& x);

/// sum_of_batch_norms() by those operators: two launches forward and two
/// backward, whatever the number of terms (up to eight; more are summed in
/// steps). Statistics are sums in float64, as on the processor. Tensors are
/// laid out as planes, [N, C, H, W] contiguous.
std::vector<at::Tensor> sum_on_device(
    std::span<const SumTerm> terms,
    const SumEnd& end);

/// The three operators in LibTorch's own, for any device: what kernels are
/// compared with. Shapes as in the schemas in device_sum.cpp.
at::Tensor norm_moments_by_operators(
    at::TensorList x,
    at::ArrayRef<double> epsilons);
std::vector<at::Tensor> norm_sum_by_operators(
    at::TensorList x,
    at::TensorList scales,
    at::TensorList shifts,
    const at::Tensor& moments,
    at::IntArrayRef norms,
    bool relu,
    bool rectified);
std::vector<at::Tensor> norm_sum_gradients_by_operators(
    at::TensorList arrived,
    const at::Tensor& y,
    at::TensorList x,
    at::TensorList scales,
    const at::Tensor& moments,
    at::IntArrayRef norms,
    std::int64_t masked);

}  // namespace zcp::kernels
