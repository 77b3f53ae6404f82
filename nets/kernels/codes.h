// Activation codes on devices other than the processor.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

namespace zcp::kernels {

/// For each pair of samples the number of units whose codes 1[x > 0] differ,
/// int64 [N, N], each unit of outputs[k] counted uses[k] times. Outputs are
/// [N, ...], dense, of any layout; all have the same N.
at::Tensor code_differences(
    const std::vector<at::Tensor>& outputs,
    const std::vector<std::int64_t>& uses);

/// The same by LibTorch's own operators: what kernels are compared with.
at::Tensor code_differences_by_operators(
    at::TensorList outputs,
    at::IntArrayRef uses);

}  // namespace zcp::kernels
