#include "nets/kernels/codes.h"

#include <torch/library.h>

#include "nets/kernels/own_operator.h"

#ifdef ZCP_CUDA_KERNELS
#include "nets/kernels/cuda/code_operators.h"
#endif

TORCH_LIBRARY_FRAGMENT(zcp, library) {
  library.def("code_differences(Tensor[] outputs, int[] uses) -> Tensor");
}

namespace zcp::kernels {
namespace {

auto code_operator() {
  static const auto found =
      own_operator<at::Tensor(at::TensorList, at::IntArrayRef)>(
          "zcp::code_differences");
  return found;
}

}  // namespace

at::Tensor code_differences(
    const std::vector<at::Tensor>& outputs,
    const std::vector<std::int64_t>& uses) {
#ifdef ZCP_CUDA_KERNELS
  link_cuda_codes();
#endif
  const bool has_kernel = runs_on(code_operator(), outputs[0]);
  return has_kernel ? code_operator().call(outputs, uses)
                    : code_differences_by_operators(outputs, uses);
}

at::Tensor code_differences_by_operators(
    at::TensorList outputs,
    at::IntArrayRef uses) {
  const std::int64_t samples = outputs[0].size(0);
  at::Tensor differences =
      at::zeros({samples, samples}, outputs[0].options().dtype(at::kLong));
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    // With codes of +-1 a product is the units that agree less those that
    // differ; float64 holds it exactly.
    const at::Tensor code =
        (outputs[k] > 0).flatten(1).to(at::kDouble).mul(2).sub(1);
    const at::Tensor balance = code.mm(code.t());
    differences += ((code.size(1) - balance) / 2).to(at::kLong) * uses[k];
  }
  return differences;
}

}  // namespace zcp::kernels
