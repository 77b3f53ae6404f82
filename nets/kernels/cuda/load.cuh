// How kernels read and write numbers of each kind. CUDA alone.
#pragma once

#include <cuda_bf16.h>

#include <type_traits>

#include "nets/kernels/cuda/norm_sum.h"

namespace zcp::kernels::cuda {

__device__ inline float load(const float* from) {
  return *from;
}
__device__ inline double load(const double* from) {
  return *from;
}
__device__ inline float load(const __nv_bfloat16* from) {
  return __bfloat162float(*from);
}
__device__ inline void store(float* to, float value) {
  *to = value;
}
__device__ inline void store(double* to, double value) {
  *to = value;
}
__device__ inline void store(__nv_bfloat16* to, float value) {
  *to = __float2bfloat16(value);
}

/// In which a map's elements are computed.
template <typename T>
struct Computed {
  using type = float;
};
template <>
struct Computed<double> {
  using type = double;
};

/// Calls use(pointer to a number of this kind).
template <typename Use>
void with_type(Number number, const Use& use) {
  switch (number) {
    case Number::float32:
      return use(static_cast<float*>(nullptr));
    case Number::float64:
      return use(static_cast<double*>(nullptr));
    case Number::bfloat16:
      return use(static_cast<__nv_bfloat16*>(nullptr));
  }
}

template <typename Pointer>
using Pointee = std::remove_pointer_t<Pointer>;

}  // namespace zcp::kernels::cuda
