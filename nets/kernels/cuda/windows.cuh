// Windows that are known when a kernel is compiled. CUDA alone.
#pragma once

namespace zcp::kernels::cuda {

/// The size and the steps of windows, so that nothing is left of the divisions
/// by them; 0 where only the launch knows.
template <int kKernel, int kStride>
struct Windows {
  template <typename Launch>
  __device__ static int kernel(const Launch& launch) {
    return kKernel > 0 ? kKernel : launch.kernel;
  }
  template <typename Launch>
  __device__ static int stride(const Launch& launch) {
    return kStride > 0 ? kStride : launch.stride;
  }
};

}  // namespace zcp::kernels::cuda
