// Launches of the kernels in weight_gradient.cu. No LibTorch in this header, so
// that nvcc need not read LibTorch's.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace zcp::kernels::cuda {

/// Input channels, and output channels, of which a block makes the gradients.
constexpr int kGradientTile = 16;

/// The gradient at the weights [out, in, 3, 3] of a convolution of windows of
/// 3 x 3 pixels with padding 1 and stride 1, of float32 planes
/// [samples, channels, height, width]. Channels are multiples of kGradientTile;
/// the width is 8, 16 or 32, the height a multiple of band_rows(width).
struct WeightGradientLaunch {
  int samples;
  int in;
  int out;
  int height;
  int width;
  const float* dy;
  const float* x;
  int splits;       ///< parts of the batch, see weight_gradient_splits()
  float* partial;   ///< [splits, out, in, 3, 3]
  float* gradient;  ///< [out, in, 3, 3]
};

/// Rows that a block holds at once.
constexpr int band_rows(int width) {
  return width == 32 ? 4 : 8;
}

/// Into how many parts the batch is cut, by the sizes alone, so that the order
/// of the sums is always the same.
int weight_gradient_splits(const WeightGradientLaunch& launch);

/// Two launches: sums over parts of the batch, each of at most some hundred
/// products in float32, and the sum of those in float64.
void launch_weight_gradient(const WeightGradientLaunch&, cudaStream_t);

}  // namespace zcp::kernels::cuda
