#include "nets/kernels/cuda/single_convolution_operators.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "nets/kernels/cuda/single_convolution.h"

namespace zcp::kernels {
namespace {

cuda::SingleConvolution convolution_of(
    const at::Tensor& x,
    const at::Tensor& y,
    const at::Tensor& weight,
    const Window& window) {
  cuda::SingleConvolution c{};
  c.inputs = static_cast<int>(x.size(1));
  c.outputs = static_cast<int>(y.size(1));
  c.height = static_cast<int>(x.size(2));
  c.width = static_cast<int>(x.size(3));
  c.out_height = static_cast<int>(y.size(2));
  c.out_width = static_cast<int>(y.size(3));
  c.kernel = window.kernel;
  c.stride = window.stride;
  c.padding = window.padding;
  c.dilation = window.dilation;
  c.weight = weight.data_ptr<double>();
  return c;
}

}  // namespace

bool fits_single_convolution(const at::Tensor& x, const at::Tensor& weight) {
  constexpr std::int64_t kMostElements = 1 << 30;
  constexpr std::int64_t kMostChannels = 65535;  // blocks along an axis
  return weight.size(2) == weight.size(3) && x.numel() < kMostElements &&
         weight.numel() < kMostElements &&
         weight.size(0) * x.size(2) * x.size(3) < kMostElements &&
         weight.size(0) <= kMostChannels && weight.size(1) <= kMostChannels;
}

at::Tensor single_convolution_on_cuda(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window) {
  const c10::cuda::CUDAGuard guard(x.device());
  const at::Tensor y = at::empty(
      {1, weight.size(0), window.count(x.size(2)), window.count(x.size(3))},
      x.options());
  const at::Tensor from = x.contiguous();
  const at::Tensor weights = weight.contiguous();
  cuda::SingleConvolution c = convolution_of(x, y, weights, window);
  c.from = from.data_ptr<double>();
  c.to = y.data_ptr<double>();
  cuda::launch_single_convolution(c, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return y;
}

at::Tensor single_input_gradient_on_cuda(
    const at::Tensor& dy,
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window) {
  const c10::cuda::CUDAGuard guard(dy.device());
  const at::Tensor dx = at::empty(x.sizes(), x.options());
  const at::Tensor from = dy.contiguous();
  const at::Tensor weights = weight.contiguous();
  cuda::SingleConvolution c = convolution_of(x, dy, weights, window);
  c.from = from.data_ptr<double>();
  c.to = dx.data_ptr<double>();
  cuda::launch_single_input_gradient(c, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return dx;
}

}  // namespace zcp::kernels
