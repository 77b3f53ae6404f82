#include "nets/kernels/cuda/average_pool_operators.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "nets/kernels/cuda/average_pool.h"
#include "nets/kernels/cuda/numbers.h"

namespace zcp::kernels {
namespace {

/// The windows of `means` on `map`.
cuda::PoolLaunch windows_of(
    const at::Tensor& map,
    const at::Tensor& means,
    const Window& window) {
  cuda::PoolLaunch launch{};
  launch.planes = map.size(0) * map.size(1);
  launch.height = static_cast<int>(map.size(2));
  launch.width = static_cast<int>(map.size(3));
  launch.out_height = static_cast<int>(means.size(2));
  launch.out_width = static_cast<int>(means.size(3));
  launch.kernel = window.kernel;
  launch.stride = window.stride;
  launch.padding = window.padding;
  return launch;
}

}  // namespace

bool has_pools_on_cuda(const at::Tensor& x) {
  constexpr std::int64_t kLongest = 1 << 15;
  constexpr std::int64_t kMostPlanes = 1 << 30;  // blocks along an axis
  return cuda::is_known(x) && x.size(2) <= kLongest && x.size(3) <= kLongest &&
         x.size(0) * x.size(1) <= kMostPlanes && x.numel() > 0;
}

at::Tensor pooled_on_cuda(const at::Tensor& x, const Window& window) {
  const c10::cuda::CUDAGuard guard(x.device());
  const at::Tensor means = at::empty(
      {x.size(0), x.size(1), window.count(x.size(2)), window.count(x.size(3))},
      x.options());
  cuda::PoolLaunch launch = windows_of(x, means, window);
  launch.from = x.data_ptr();
  launch.to = means.data_ptr();
  cuda::launch_pool(
      cuda::number_of(x), launch, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return means;
}

at::Tensor pool_gradient_on_cuda(
    const at::Tensor& dy,
    std::int64_t height,
    std::int64_t width,
    const Window& window) {
  const c10::cuda::CUDAGuard guard(dy.device());
  const at::Tensor dx =
      at::empty({dy.size(0), dy.size(1), height, width}, dy.options());
  cuda::PoolLaunch launch = windows_of(dx, dy, window);
  launch.from = dy.data_ptr();
  launch.to = dx.data_ptr();
  cuda::launch_pool_gradient(
      cuda::number_of(dy), launch, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return dx;
}

}  // namespace zcp::kernels
