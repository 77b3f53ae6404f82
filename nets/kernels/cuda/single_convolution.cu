// Convolutions of a single map in float64. A warp has 32 neighbouring results
// of a channel; the warps of a block share the channels that are summed over
// and add up what they have in their order.
#include "nets/kernels/cuda/planes.cuh"
#include "nets/kernels/cuda/single_convolution.h"
#include "nets/kernels/cuda/windows.cuh"

namespace zcp::kernels::cuda {
namespace {

constexpr int kSlices = 8;

/// The sum of the slices' parts, in the threads of the first slice.
__device__ double sum_of_slices(double part) {
  __shared__ double parts[kSlices][kWarp];
  parts[threadIdx.y][threadIdx.x] = part;
  __syncthreads();
  double sum = 0;
  if (threadIdx.y == 0) {
    for (int slice = 0; slice < kSlices; ++slice) {
      sum += parts[slice][threadIdx.x];
    }
  }
  return sum;
}

template <typename Shape>
__global__ void value_kernel(SingleConvolution c) {
  const int kernel = Shape::kernel(c);
  const int place = static_cast<int>(blockIdx.x) * kWarp + threadIdx.x;
  const int output = static_cast<int>(blockIdx.y);
  const bool is_there = place < c.out_height * c.out_width;
  const int first_y = place / c.out_width * Shape::stride(c) - c.padding;
  const int first_x = place % c.out_width * Shape::stride(c) - c.padding;
  const int taps = kernel * kernel;
  double part = 0;
  for (int i = threadIdx.y; is_there && i < c.inputs; i += kSlices) {
    const double* weight = c.weight + (output * c.inputs + i) * taps;
    const double* map = c.from + i * c.height * c.width;
    for (int ky = 0; ky < kernel; ++ky) {
      const int y = first_y + ky * c.dilation;
      if (y < 0 || y >= c.height) continue;
      for (int kx = 0; kx < kernel; ++kx) {
        const int x = first_x + kx * c.dilation;
        if (x < 0 || x >= c.width) continue;
        part += weight[ky * kernel + kx] * map[y * c.width + x];
      }
    }
  }
  const double sum = sum_of_slices(part);
  if (threadIdx.y != 0 || !is_there) return;
  c.to[output * c.out_height * c.out_width + place] = sum;
}

/// The window over a pixel whose tap is `tap` of its kernel; -1 where none is.
template <typename Shape>
__device__ int
window_over(const SingleConvolution& c, int pixel, int tap, int count) {
  const int stride = Shape::stride(c);
  const int first = pixel + c.padding - tap * c.dilation;
  if (first < 0 || first % stride != 0) return -1;
  const int window = first / stride;
  return window < count ? window : -1;
}

template <typename Shape>
__global__ void input_gradient_kernel(SingleConvolution c) {
  const int kernel = Shape::kernel(c);
  const int place = static_cast<int>(blockIdx.x) * kWarp + threadIdx.x;
  const int input = static_cast<int>(blockIdx.y);
  const bool is_there = place < c.height * c.width;
  const int y = place / c.width;
  const int x = place % c.width;
  const int taps = kernel * kernel;
  double part = 0;
  for (int o = threadIdx.y; is_there && o < c.outputs; o += kSlices) {
    const double* weight = c.weight + (o * c.inputs + input) * taps;
    const double* arrived = c.from + o * c.out_height * c.out_width;
    for (int ky = 0; ky < kernel; ++ky) {
      const int row = window_over<Shape>(c, y, ky, c.out_height);
      if (row < 0) continue;
      for (int kx = 0; kx < kernel; ++kx) {
        const int column = window_over<Shape>(c, x, kx, c.out_width);
        if (column < 0) continue;
        part += weight[ky * kernel + kx] * arrived[row * c.out_width + column];
      }
    }
  }
  const double sum = sum_of_slices(part);
  if (threadIdx.y != 0 || !is_there) return;
  c.to[input * c.height * c.width + place] = sum;
}

dim3 grid(int places, int channels) {
  return dim3(
      static_cast<unsigned>((places + kWarp - 1) / kWarp),
      static_cast<unsigned>(channels));
}

/// Calls use(the Windows) for the convolution's: those of the spaces are
/// compiled.
template <typename Use>
void with_windows(const SingleConvolution& c, const Use& use) {
  if (c.kernel == 3 && c.stride == 1) return use(Windows<3, 1>());
  if (c.kernel == 3 && c.stride == 2) return use(Windows<3, 2>());
  if (c.kernel == 1 && c.stride == 1) return use(Windows<1, 1>());
  use(Windows<0, 0>());
}

}  // namespace

void launch_single_convolution(
    const SingleConvolution& c,
    cudaStream_t stream) {
  with_windows(c, [&](auto shape) {
    value_kernel<decltype(shape)>
        <<<grid(c.out_height * c.out_width, c.outputs),
           dim3(kWarp, kSlices),
           0,
           stream>>>(c);
  });
}

void launch_single_input_gradient(
    const SingleConvolution& c,
    cudaStream_t stream) {
  with_windows(c, [&](auto shape) {
    input_gradient_kernel<decltype(shape)>
        <<<grid(c.height * c.width, c.inputs),
           dim3(kWarp, kSlices),
           0,
           stream>>>(c);
  });
}

}  // namespace zcp::kernels::cuda
