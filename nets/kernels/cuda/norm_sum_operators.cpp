#include "nets/kernels/cuda/norm_sum_operators.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "nets/kernels/cuda/norm_sum.h"
#include "nets/kernels/cuda/numbers.h"

namespace zcp::kernels {
namespace {

cuda::MapSizes sizes_of(const at::Tensor& x) {
  return {x.size(0), x.size(1), x.size(2) * x.size(3)};
}

/// Null where there are no values.
const void* values_of(const at::Tensor& tensor) {
  return tensor.numel() > 0 ? tensor.data_ptr() : nullptr;
}

/// Fills `pointers` with those of the tensors.
void point_to(at::TensorList tensors, const void** pointers) {
  if (tensors.size() > kMostTerms) {
    throw std::invalid_argument("[norm_sum] more terms than a launch takes");
  }
  for (const at::Tensor& tensor : tensors) *pointers++ = values_of(tensor);
}

at::Tensor moments_on_cuda(at::TensorList x, at::ArrayRef<double> epsilons) {
  const c10::cuda::CUDAGuard guard(x[0].device());
  const auto count = static_cast<std::int64_t>(x.size());
  const at::Tensor moments =
      at::empty({3, count, x[0].size(1)}, x[0].options().dtype(at::kDouble));
  cuda::MomentsLaunch launch{};
  launch.sizes = sizes_of(x[0]);
  launch.count = static_cast<int>(count);
  point_to(x, launch.x);
  std::copy(epsilons.begin(), epsilons.end(), launch.epsilons);
  launch.moments = moments.data_ptr<double>();
  cuda::launch_moments(
      cuda::number_of(x[0]), launch, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return moments;
}

std::vector<at::Tensor> sum_on_cuda(
    at::TensorList x,
    at::TensorList scales,
    at::TensorList shifts,
    const at::Tensor& moments,
    at::IntArrayRef norms,
    bool relu,
    bool rectified) {
  const c10::cuda::CUDAGuard guard(x[0].device());
  std::vector<at::Tensor> made{at::empty(x[0].sizes(), x[0].options())};
  if (rectified) made.push_back(at::empty_like(made[0]));
  cuda::SumLaunch launch{};
  launch.sizes = sizes_of(x[0]);
  launch.count = static_cast<int>(x.size());
  launch.norms = static_cast<int>(scales.size());
  point_to(x, launch.x);
  point_to(scales, launch.scales);
  point_to(shifts, launch.shifts);
  for (std::size_t k = 0; k < norms.size(); ++k) {
    launch.norm_of[k] = static_cast<int>(norms[k]);
  }
  launch.moments = moments.data_ptr<double>();
  launch.relu = relu;
  launch.y = made[0].data_ptr();
  launch.rectified = rectified ? made[1].data_ptr() : nullptr;
  cuda::launch_sum(
      cuda::number_of(x[0]), launch, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return made;
}

std::vector<at::Tensor> gradients_on_cuda(
    at::TensorList arrived,
    const at::Tensor& y,
    at::TensorList x,
    at::TensorList scales,
    const at::Tensor& moments,
    at::IntArrayRef norms,
    std::int64_t masked) {
  const c10::cuda::CUDAGuard guard(arrived[0].device());
  const at::TensorOptions options = arrived[0].options();
  const auto count = static_cast<std::int64_t>(x.size());
  const std::int64_t channels = arrived[0].size(1);
  const bool as_it_is =
      std::any_of(norms.begin(), norms.end(), [](auto n) { return n < 0; });
  std::vector<at::Tensor> found{
      as_it_is ? at::empty(arrived[0].sizes(), options)
               : at::empty({0}, options),
      at::empty({2, count, channels}, options)};
  const at::Tensor sums =
      at::empty({2, count, channels}, options.dtype(at::kDouble));
  cuda::GradientLaunch launch{};
  launch.sizes = sizes_of(arrived[0]);
  launch.arrived_count = static_cast<int>(arrived.size());
  launch.norms = static_cast<int>(count);
  point_to(arrived, launch.arrived);
  point_to(x, launch.x);
  point_to(scales, launch.scales);
  launch.masked = static_cast<int>(masked);
  launch.y = masked > 0 ? y.data_ptr() : nullptr;
  launch.moments = moments.data_ptr<double>();
  launch.sums = sums.data_ptr<double>();
  launch.parameters = found[1].data_ptr();
  launch.as_it_is = as_it_is ? found[0].data_ptr() : nullptr;
  for (std::size_t k = 0; k < x.size(); ++k) {
    found.push_back(at::empty(x[k].sizes(), options));
    launch.dx[k] = found.back().data_ptr();
  }
  cuda::launch_gradients(
      cuda::number_of(arrived[0]), launch, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return found;
}

}  // namespace

void link_cuda_norm_sums() {}

}  // namespace zcp::kernels

TORCH_LIBRARY_IMPL(zcp, CUDA, library) {
  library.impl("norm_moments", &zcp::kernels::moments_on_cuda);
  library.impl("norm_sum", &zcp::kernels::sum_on_cuda);
  library.impl("norm_sum_gradients", &zcp::kernels::gradients_on_cuda);
}
