// Launches of the kernels in single_convolution.cu. No LibTorch in this header.
#pragma once

#include <cuda_runtime_api.h>

namespace zcp::kernels::cuda {

/// A convolution of one float64 map x [inputs, height, width] with weights
/// [outputs, inputs, kernel, kernel] to y [outputs, out_height, out_width].
struct SingleConvolution {
  int inputs;
  int outputs;
  int height;
  int width;
  int out_height;
  int out_width;
  int kernel;
  int stride;
  int padding;
  int dilation;
  const double* weight;
  const double* from;  ///< x, or what arrives at y
  double* to;          ///< y, or the gradient at x
};

/// Each is queued on the stream; an error shows at the next call of CUDA's.
void launch_single_convolution(const SingleConvolution&, cudaStream_t);
void launch_single_input_gradient(const SingleConvolution&, cudaStream_t);

}  // namespace zcp::kernels::cuda
