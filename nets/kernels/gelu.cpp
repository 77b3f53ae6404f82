#include "nets/kernels/gelu.h"

#include <cstdint>
#include <vector>

namespace zcp::kernels {

void lay_out_gelu_gradient(const at::Tensor& y, const at::Tensor& x) {
  const bool concerned = y.requires_grad() && x.device().is_cpu() &&
                         x.is_non_overlapping_and_dense();
  if (!concerned) return;
  const std::vector<std::int64_t> strides = x.strides().vec();
  y.register_hook([strides](const at::Tensor& gradient) -> at::Tensor {
    if (gradient.strides() == at::IntArrayRef(strides)) return gradient;
    const at::Tensor laid_out =
        at::empty_strided(gradient.sizes(), strides, gradient.options());
    return laid_out.copy_(gradient);
  });
}

}  // namespace zcp::kernels
