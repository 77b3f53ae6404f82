#include "proxies/engine/differentiate.h"

#include <torch/csrc/autograd/autograd.h>

#include <cstddef>
#include <limits>
#include <utility>

namespace zcp::engine {

std::unique_ptr<networks::Network> differentiable(
    const networks::Network& network) {
  return network.with_parameters([](const networks::Parameter& parameter) {
    return parameter.value.detach().requires_grad_(true);
  });
}

std::vector<at::Tensor> layer_weights(const networks::Network& network) {
  std::vector<at::Tensor> weights;
  for (const auto& parameter : network.parameters()) {
    if (parameter.is_layer_weight()) weights.push_back(parameter.value);
  }
  return weights;
}

namespace {

/// The derivative of the sum of outputs_i . vectors_i; without vectors, of the
/// sum of outputs of one element.
std::vector<at::Tensor> gradients(
    const std::vector<at::Tensor>& outputs,
    const std::vector<at::Tensor>& vectors,
    const std::vector<at::Tensor>& variables,
    GraphUse use) {
  std::vector<at::Tensor> found(variables.size());
  std::vector<at::Tensor> wanted;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (!variables[i].defined() || !variables[i].requires_grad()) continue;
    wanted.push_back(variables[i]);
    places.push_back(i);
  }
  if (outputs.empty() || wanted.empty()) return found;
  auto derivatives = torch::autograd::grad(
      outputs,
      wanted,
      vectors,
      use != GraphUse::last,
      use == GraphUse::deeper,
      true);
  for (std::size_t k = 0; k < places.size(); ++k) {
    found[places[k]] = std::move(derivatives[k]);
  }
  return found;
}

}  // namespace

std::vector<at::Tensor> gradients_of(
    const at::Tensor& target,
    const std::vector<at::Tensor>& variables,
    GraphUse use) {
  std::vector<at::Tensor> targets;
  if (target.requires_grad()) targets.push_back(target);
  return gradients(targets, {}, variables, use);
}

std::vector<at::Tensor> gradients_of_products(
    const std::vector<at::Tensor>& outputs,
    const std::vector<at::Tensor>& vectors,
    const std::vector<at::Tensor>& variables) {
  std::vector<at::Tensor> own;
  std::vector<at::Tensor> factors;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const bool depends = outputs[i].defined() && outputs[i].requires_grad();
    if (!depends || !vectors[i].defined()) continue;
    own.push_back(outputs[i]);
    factors.push_back(vectors[i]);
  }
  return gradients(own, factors, variables, GraphUse::last);
}

at::Tensor vector_jacobian_product(
    const at::Tensor& out,
    const at::Tensor& in,
    const at::Tensor& v) {
  if (!out.requires_grad() || !in.requires_grad()) return {};
  return torch::autograd::grad({out}, {in}, {v}, true, false, true)[0];
}

at::Tensor with_other_last_bits(const at::Tensor& x) {
  if (!x.is_floating_point()) return x;
  constexpr double kSteps = 4;
  return x * (1 + kSteps * (x.scalar_type() == at::kDouble
                                ? std::numeric_limits<double>::epsilon()
                                : std::numeric_limits<float>::epsilon()));
}

}  // namespace zcp::engine
