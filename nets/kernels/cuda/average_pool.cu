// Means of windows of which padded pixels are no part, and their gradients: a
// thread for each value, which adds in the order of the pixels.
#include <cuda_bf16.h>

#include "nets/kernels/cuda/average_pool.h"
#include "nets/kernels/cuda/load.cuh"

namespace zcp::kernels::cuda {
namespace {

constexpr int kThreads = 256;

/// The part of window `number` that lies on a side of this length.
struct Part {
  int begin;
  int end;

  __device__ Part(const PoolLaunch& launch, int number, int length) {
    const int first = number * launch.stride - launch.padding;
    begin = max(first, 0);
    end = min(first + launch.kernel, length);
  }
  __device__ int count() const { return end - begin; }
};

/// Calls use(plane, row, column) for this thread's values of maps.
template <typename Use>
__device__ void
for_values(std::int64_t planes, int height, int width, const Use& use) {
  const auto size = static_cast<unsigned>(height) * width;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t i =
           static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
       i < planes * size;
       i += step) {
    const std::int64_t plane = i / size;
    const auto place = static_cast<unsigned>(i - plane * size);
    const unsigned row = place / width;
    use(plane, static_cast<int>(row), static_cast<int>(place - row * width));
  }
}

template <typename T>
__global__ void pool_kernel(PoolLaunch launch) {
  using Real = typename Computed<T>::type;
  const auto mean = [&](std::int64_t plane, int row, int column) {
    const T* map = static_cast<const T*>(launch.from) +
                   plane * launch.height * launch.width;
    const Part rows(launch, row, launch.height);
    const Part columns(launch, column, launch.width);
    Real sum = 0;
    for (int y = rows.begin; y < rows.end; ++y) {
      for (int x = columns.begin; x < columns.end; ++x) {
        sum += load(map + y * launch.width + x);
      }
    }
    const std::int64_t at =
        (plane * launch.out_height + row) * launch.out_width + column;
    store(
        static_cast<T*>(launch.to) + at,
        sum / static_cast<Real>(rows.count() * columns.count()));
  };
  for_values(launch.planes, launch.out_height, launch.out_width, mean);
}

template <typename T>
__global__ void pool_gradient_kernel(PoolLaunch launch) {
  using Real = typename Computed<T>::type;
  const auto gradient = [&](std::int64_t plane, int row, int column) {
    const T* given = static_cast<const T*>(launch.from) +
                     plane * launch.out_height * launch.out_width;
    // The windows that a pixel lies in.
    const auto first = [&](int pixel) {
      const int least = pixel + launch.padding - launch.kernel + 1;
      return least <= 0 ? 0 : (least + launch.stride - 1) / launch.stride;
    };
    const auto last = [&](int pixel, int count) {
      return min((pixel + launch.padding) / launch.stride, count - 1);
    };
    Real sum = 0;
    for (int y = first(row); y <= last(row, launch.out_height); ++y) {
      const int rows = Part(launch, y, launch.height).count();
      for (int x = first(column); x <= last(column, launch.out_width); ++x) {
        const int columns = Part(launch, x, launch.width).count();
        sum += load(given + y * launch.out_width + x) /
               static_cast<Real>(rows * columns);
      }
    }
    const std::int64_t at =
        (plane * launch.height + row) * launch.width + column;
    store(static_cast<T*>(launch.to) + at, sum);
  };
  for_values(launch.planes, launch.height, launch.width, gradient);
}

unsigned blocks_for(std::int64_t values) {
  constexpr std::int64_t kMost = 1 << 16;
  const std::int64_t blocks = (values + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < kMost ? blocks : kMost);
}

}  // namespace

void launch_pool(Number number, const PoolLaunch& launch, cudaStream_t stream) {
  const unsigned blocks =
      blocks_for(launch.planes * launch.out_height * launch.out_width);
  with_type(number, [&](auto* type) {
    pool_kernel<Pointee<decltype(type)>>
        <<<blocks, kThreads, 0, stream>>>(launch);
  });
}

void launch_pool_gradient(
    Number number,
    const PoolLaunch& launch,
    cudaStream_t stream) {
  const unsigned blocks =
      blocks_for(launch.planes * launch.height * launch.width);
  with_type(number, [&](auto* type) {
    pool_gradient_kernel<Pointee<decltype(type)>>
        <<<blocks, kThreads, 0, stream>>>(launch);
  });
}

}  // namespace zcp::kernels::cuda
