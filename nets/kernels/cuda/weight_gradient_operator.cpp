#include "nets/kernels/cuda/weight_gradient_operator.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include "nets/kernels/cuda/weight_gradient.h"

namespace zcp::kernels {
namespace {

at::Tensor gradient_on_cuda(const at::Tensor& dy, const at::Tensor& x) {
  const c10::cuda::CUDAGuard guard(x.device());
  const at::Tensor planes = x.contiguous();
  const at::Tensor arrived = dy.contiguous();
  cuda::WeightGradientLaunch launch{};
  launch.samples = static_cast<int>(x.size(0));
  launch.in = static_cast<int>(x.size(1));
  launch.out = static_cast<int>(dy.size(1));
  launch.height = static_cast<int>(x.size(2));
  launch.width = static_cast<int>(x.size(3));
  launch.splits = cuda::weight_gradient_splits(launch);
  const at::Tensor partial =
      at::empty({launch.splits, dy.size(1), x.size(1), 3, 3}, x.options());
  at::Tensor gradient = at::empty({dy.size(1), x.size(1), 3, 3}, x.options());
  launch.dy = arrived.data_ptr<float>();
  launch.x = planes.data_ptr<float>();
  launch.partial = partial.data_ptr<float>();
  launch.gradient = gradient.data_ptr<float>();
  cuda::launch_weight_gradient(launch, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return gradient;
}

}  // namespace

bool fits_weight_gradient_3x3(const at::Tensor& x, const at::Tensor& weight) {
  const std::int64_t width = x.size(3);
  const bool known = width == 8 || width == 16 || width == 32;
  return x.scalar_type() == at::kFloat &&
         !at::globalContext().allowTF32CuDNN() && known &&
         x.size(2) % cuda::band_rows(static_cast<int>(width)) == 0 &&
         x.size(1) % cuda::kGradientTile == 0 &&
         weight.size(0) % cuda::kGradientTile == 0;
}

}  // namespace zcp::kernels

TORCH_LIBRARY_IMPL(zcp, CUDA, library) {
  library.impl("weight_gradient_3x3", &zcp::kernels::gradient_on_cuda);
}
