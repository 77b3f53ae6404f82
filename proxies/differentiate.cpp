#include "proxies/differentiate.h"

#include <torch/csrc/autograd/autograd.h>

namespace zcp::proxies {

std::unique_ptr<nets::Network> differentiable(const nets::Network& network) {
  return network.with_parameters([](const nets::Parameter& parameter) {
    return parameter.value.detach().requires_grad_(true);
  });
}

std::vector<at::Tensor> gradients_of(
    const at::Tensor& target,
    const std::vector<at::Tensor>& variables,
    bool differentiable_again) {
  if (!target.requires_grad()) {
    return std::vector<at::Tensor>(variables.size());
  }
  return torch::autograd::grad(
      {target},
      variables,
      {},
      differentiable_again,
      differentiable_again,
      true);
}

at::Tensor vector_jacobian_product(
    const at::Tensor& out,
    const at::Tensor& in,
    const at::Tensor& v) {
  if (!out.requires_grad() || !in.requires_grad()) return {};
  return torch::autograd::grad({out}, {in}, {v}, true, false, true)[0];
}

}  // namespace zcp::proxies
