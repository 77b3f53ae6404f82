// Launches of the kernels in average_pool.cu. No LibTorch in this header.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "nets/kernels/cuda/norm_sum.h"

namespace zcp::kernels::cuda {

/// Planes of height x width, contiguous, and their windows.
struct PoolLaunch {
  std::int64_t planes;
  int height;
  int width;
  int out_height;
  int out_width;
  int kernel;
  int stride;
  int padding;
  const void* from;  ///< maps, or the gradients at their means
  void* to;          ///< the means, or the gradients at the maps
};

/// Each is queued on the stream; an error shows at the next call of CUDA's.
void launch_pool(Number, const PoolLaunch&, cudaStream_t);
void launch_pool_gradient(Number, const PoolLaunch&, cudaStream_t);

}  // namespace zcp::kernels::cuda
