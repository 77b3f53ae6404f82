#include "proxies/reductions/tangent_kernel.h"

#include <torch/csrc/autograd/autograd.h>

#include "proxies/engine/differentiate.h"

namespace zcp::reductions {

at::Tensor neural_tangent_kernel(
    const networks::Network& network,
    const at::Tensor& x) {
  const at::AutoGradMode mode(true);
  const auto runnable = engine::differentiable(network);
  std::vector<at::Tensor> weights;
  for (const auto& parameter : runnable->parameters()) {
    if (parameter.name.find("weight") != std::string::npos) {
      weights.push_back(parameter.value);
    }
  }
  const at::Tensor logits =
      runnable->forward(x, networks::BatchNormMode::batch_statistics, nullptr);
  const std::int64_t samples = x.size(0);
  std::vector<at::Tensor> rows;
  for (std::int64_t n = 0; n < samples; ++n) {
    const auto gradients = torch::autograd::grad(
        {logits[n].sum()}, weights, {}, true, false, true);
    std::vector<at::Tensor> parts;
    for (const at::Tensor& g : gradients) {
      if (g.defined()) parts.push_back(g.flatten());
    }
    rows.push_back(
        parts.empty() ? at::zeros({1}, x.options()) : at::cat(parts));
  }
  const at::NoGradGuard no_grad;
  const at::Tensor matrix = at::stack(rows).to(at::kDouble);
  return matrix.mm(matrix.t());
}

}  // namespace zcp::reductions
