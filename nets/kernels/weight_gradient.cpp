#include "nets/kernels/weight_gradient.h"

#include <torch/library.h>

#include "nets/kernels/own_operator.h"

#ifdef ZCP_CUDA_KERNELS
#include "nets/kernels/cuda/weight_gradient_operator.h"
#endif

// x and dy are as weight_gradient.h says, with windows of 3 x 3 pixels, padding
// 1 and stride 1.
TORCH_LIBRARY_FRAGMENT(zcp, library) {
  library.def("weight_gradient_3x3(Tensor dy, Tensor x) -> Tensor");
}

namespace zcp::kernels {
namespace {

auto gradient_operator() {
  static const auto found =
      own_operator<at::Tensor(const at::Tensor&, const at::Tensor&)>(
          "zcp::weight_gradient_3x3");
  return found;
}

/// The gradient is that of a linear layer at each pixel, summed over samples
/// in the tensors' own type.
bool is_product(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window) {
  return x.scalar_type() != at::kBFloat16 && window.padding == 0 &&
         weight.size(2) == 1 && weight.size(3) == 1;
}

bool is_three_by_three(const at::Tensor& weight, const Window& window) {
  return window.padding == 1 && window.dilation == 1 && weight.size(2) == 3 &&
         weight.size(3) == 3;
}

}  // namespace

bool has_weight_gradient(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window,
    std::int64_t groups) {
  if (x.device().is_cpu() || groups != 1 || window.stride != 1) return false;
  if (is_product(x, weight, window)) return true;
  if (!is_three_by_three(weight, window)) return false;
#ifdef ZCP_CUDA_KERNELS
  return x.is_cuda() && fits_weight_gradient_3x3(x, weight);
#else
  return false;
#endif
}

at::Tensor weight_gradient_on_device(
    const at::Tensor& dy,
    const at::Tensor& x,
    const at::Tensor& weight) {
  if (weight.size(2) == 3) return gradient_operator().call(dy, x);
  const at::Tensor by_sample =
      at::bmm(dy.flatten(2), x.flatten(2).transpose(1, 2));
  return by_sample.sum(0).view(weight.sizes());
}

}  // namespace zcp::kernels
