// Launches of the kernels in norm_sum.cu. No LibTorch in this header, so that
// nvcc need not read LibTorch's.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "nets/kernels/sum_terms.h"

namespace zcp::kernels::cuda {

enum class Number : std::uint8_t { float32, float64, bfloat16 };

/// Maps [N, C, H, W], contiguous.
struct MapSizes {
  std::int64_t samples;
  std::int64_t channels;
  std::int64_t positions;  ///< H W
};

/// `moments` is [3, count, C]: mean, 1 / sqrt(variance + epsilon), variance.
struct MomentsLaunch {
  MapSizes sizes;
  int count;
  const void* x[kMostTerms];
  double epsilons[kMostTerms];
  double* moments;
};

/// A term with norm -1 is added as it is. Scales and shifts are by norm, null
/// where there are none.
struct SumLaunch {
  MapSizes sizes;
  int count;
  int norms;
  const void* x[kMostTerms];
  int norm_of[kMostTerms];
  const void* scales[kMostTerms];
  const void* shifts[kMostTerms];
  const double* moments;
  bool relu;
  void* y;
  void* rectified;  ///< where relu(y) goes, too; may be null
};

/// What arrives at the sum is summed from the first to the last; the `masked`
/// last of them are let through where y > 0. `parameters` is
/// [2, norms, C]: the gradients of scales and of shifts. `as_it_is` may be
/// null.
struct GradientLaunch {
  MapSizes sizes;
  int arrived_count;
  int masked;
  int norms;
  const void* arrived[kMostTerms];
  const void* y;
  const void* x[kMostTerms];
  const void* scales[kMostTerms];
  const double* moments;
  double* sums;
  void* parameters;
  void* as_it_is;
  void* dx[kMostTerms];
};

/// Each is queued on the stream; an error shows at the next call of CUDA's.
void launch_moments(Number, const MomentsLaunch&, cudaStream_t);
void launch_sum(Number, const SumLaunch&, cudaStream_t);
/// Two launches where there are norms: their sums, then the gradients.
void launch_gradients(Number, const GradientLaunch&, cudaStream_t);

}  // namespace zcp::kernels::cuda
