// Which numbers the kernels know.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <stdexcept>

#include "nets/kernels/cuda/norm_sum.h"

namespace zcp::kernels::cuda {

inline bool is_known(const at::Tensor& x) {
  const at::ScalarType type = x.scalar_type();
  return type == at::kFloat || type == at::kDouble || type == at::kBFloat16;
}

/// Throws std::invalid_argument for numbers that the kernels do not know.
inline Number number_of(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::kFloat:
      return Number::float32;
    case at::kDouble:
      return Number::float64;
    case at::kBFloat16:
      return Number::bfloat16;
    default:
      throw std::invalid_argument("maps of a type that no kernel knows");
  }
}

}  // namespace zcp::kernels::cuda
