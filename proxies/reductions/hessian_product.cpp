#include "proxies/reductions/hessian_product.h"

#include <ATen/core/grad_mode.h>

#include "proxies/engine/differentiate.h"
#include "proxies/engine/loss.h"

namespace zcp::reductions {
namespace {

using engine::gradients_of;
using engine::GraphUse;

constexpr auto kTrainMode = networks::BatchNormMode::batch_statistics;

/// H g as the sum of what parts of the minibatch add to it.
std::vector<at::Tensor> products_by_parts(
    const networks::Network& network,
    const std::vector<at::Tensor>& weights,
    const engine::DeviceMinibatch& batch,
    const engine::RunSettings& run,
    const std::vector<at::Tensor>& g,
    std::int64_t samples_at_once) {
  const std::int64_t samples = batch.x.size(0);
  std::vector<at::Tensor> sum(weights.size());
  for (std::int64_t first = 0; first < samples; first += samples_at_once) {
    const auto part = part_of(batch, first, samples_at_once);
    const at::Tensor loss = engine::mean_loss(
        network.forward(part.x, kTrainMode, nullptr), part, run);
    const double share =
        static_cast<double>(part.x.size(0)) / static_cast<double>(samples);
    const auto products = engine::gradients_of_products(
        gradients_of(share * loss, weights, GraphUse::deeper), g, weights);
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      if (!products[i].defined()) continue;
      sum[i] = sum[i].defined() ? sum[i] + products[i] : products[i];
    }
  }
  return sum;
}

std::vector<at::Tensor> detached(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> values;
  for (const at::Tensor& one : tensors) {
    values.push_back(one.defined() ? one.detach() : one);
  }
  return values;
}

}  // namespace

std::vector<at::Tensor> hessian_gradient_product(
    const networks::Network& network,
    const std::vector<at::Tensor>& weights,
    const engine::DeviceMinibatch& batch,
    const engine::RunSettings& run,
    Division division,
    std::int64_t numbers_at_once) {
  const std::int64_t samples = batch.x.size(0);
  const bool divisible = division == Division::allowed;
  std::int64_t at_once = samples;
  at::Tensor loss;
  {
    ForwardPass pass;
    pass.output = network.forward(
        batch.x, kTrainMode, divisible ? &pass.recording : nullptr);
    loss = engine::mean_loss(pass.output, batch, run);
    if (divisible) {
      at_once =
          samples_at_once(network, batch.x, kTrainMode, pass, numbers_at_once);
    }
  }
  if (at_once == samples) {
    const auto own = gradients_of(loss, weights, GraphUse::deeper);
    return engine::gradients_of_products(own, detached(own), weights);
  }
  const auto g = gradients_of(loss, weights, GraphUse::last);
  return products_by_parts(network, weights, batch, run, g, at_once);
}

}  // namespace zcp::reductions
