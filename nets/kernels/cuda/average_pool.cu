// Means of windows of which padded pixels are no part, and their gradients: a
// thread for each value, which adds in the order of the pixels.
#include <cuda_bf16.h>

#include "nets/kernels/cuda/average_pool.h"
#include "nets/kernels/cuda/load.cuh"
#include "nets/kernels/cuda/planes.cuh"
#include "nets/kernels/cuda/windows.cuh"

namespace zcp::kernels::cuda {
namespace {

/// The part of window `number` that lies on a side of this length.
template <typename Shape>
struct Part {
  int begin;
  int end;

  __device__ Part(const PoolLaunch& launch, int number, int length) {
    const int first = number * Shape::stride(launch) - launch.padding;
    begin = max(first, 0);
    end = min(first + Shape::kernel(launch), length);
  }
  __device__ int count() const { return end - begin; }
};

/// Calls use(plane, row, column) for this thread's values of its block's plane.
template <typename Use>
__device__ void for_values(int height, int width, const Use& use) {
  const auto size = static_cast<unsigned>(height) * width;
  for (unsigned place = blockIdx.y * blockDim.x + threadIdx.x; place < size;
       place += gridDim.y * blockDim.x) {
    const unsigned row = place / width;
    use(static_cast<std::int64_t>(blockIdx.x),
        static_cast<int>(row),
        static_cast<int>(place - row * width));
  }
}

template <typename T, typename Shape>
__global__ void __launch_bounds__(kPlaneThreads)
    pool_kernel(PoolLaunch launch) {
  using Real = typename Computed<T>::type;
  const auto mean = [&](std::int64_t plane, int row, int column) {
    const T* map = static_cast<const T*>(launch.from) +
                   plane * launch.height * launch.width;
    const Part<Shape> rows(launch, row, launch.height);
    const Part<Shape> columns(launch, column, launch.width);
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
  for_values(launch.out_height, launch.out_width, mean);
}

template <typename T, typename Shape>
__global__ void __launch_bounds__(kPlaneThreads)
    pool_gradient_kernel(PoolLaunch launch) {
  using Real = typename Computed<T>::type;
  const int stride = Shape::stride(launch);
  const auto gradient = [&](std::int64_t plane, int row, int column) {
    const T* given = static_cast<const T*>(launch.from) +
                     plane * launch.out_height * launch.out_width;
    // The windows that a pixel lies in.
    const auto first = [&](int pixel) {
      const int least = pixel + launch.padding - Shape::kernel(launch) + 1;
      return least <= 0 ? 0 : (least + stride - 1) / stride;
    };
    const auto last = [&](int pixel, int count) {
      return min((pixel + launch.padding) / stride, count - 1);
    };
    const int last_y = last(row, launch.out_height);
    const int first_x = first(column);
    const int last_x = last(column, launch.out_width);
    Real sum = 0;
    for (int y = first(row); y <= last_y; ++y) {
      const int rows = Part<Shape>(launch, y, launch.height).count();
      for (int x = first_x; x <= last_x; ++x) {
        const int columns = Part<Shape>(launch, x, launch.width).count();
        sum += load(given + y * launch.out_width + x) /
               static_cast<Real>(rows * columns);
      }
    }
    const std::int64_t at =
        (plane * launch.height + row) * launch.width + column;
    store(static_cast<T*>(launch.to) + at, sum);
  };
  for_values(launch.height, launch.width, gradient);
}

/// The blocks for these values of each plane.
struct Blocks {
  int threads;
  dim3 grid;

  Blocks(std::int64_t planes, std::int64_t values)
      : threads(plane_threads(values)),
        grid(plane_grid(planes, (values + threads - 1) / threads)) {}
};

/// Calls use(the Windows) for the launch's: those of the spaces are compiled.
template <typename Use>
void with_windows(const PoolLaunch& launch, const Use& use) {
  if (launch.kernel == 3 && launch.stride == 1) return use(Windows<3, 1>());
  if (launch.kernel == 2 && launch.stride == 2) return use(Windows<2, 2>());
  use(Windows<0, 0>());
}

}  // namespace

void launch_pool(Number number, const PoolLaunch& launch, cudaStream_t stream) {
  const Blocks blocks(launch.planes, launch.out_height * launch.out_width);
  with_type(number, [&](auto* type) {
    with_windows(launch, [&](auto shape) {
      pool_kernel<Pointee<decltype(type)>, decltype(shape)>
          <<<blocks.grid, blocks.threads, 0, stream>>>(launch);
    });
  });
}

void launch_pool_gradient(
    Number number,
    const PoolLaunch& launch,
    cudaStream_t stream) {
  const Blocks blocks(launch.planes, launch.height * launch.width);
  with_type(number, [&](auto* type) {
    with_windows(launch, [&](auto shape) {
      pool_gradient_kernel<Pointee<decltype(type)>, decltype(shape)>
          <<<blocks.grid, blocks.threads, 0, stream>>>(launch);
    });
  });
}

}  // namespace zcp::kernels::cuda
