#include "proxies/reductions/hessian_product.h"

#include <ATen/core/grad_mode.h>

#include "proxies/engine/differentiate.h"
#include "proxies/engine/loss.h"
#include "proxies/reductions/sample_parts.h"

namespace zcp::reductions {
namespace {

/// The gradients of a part's share in the loss of `samples` samples.
std::vector<at::Tensor> gradients_of_share(
    const networks::Network& network,
    const std::vector<at::Tensor>& weights,
    const engine::DeviceMinibatch& part,
    std::int64_t samples,
    const engine::RunSettings& run,
    engine::GraphUse use) {
  at::Tensor loss = engine::mean_loss(
      network.forward(
          part.x, networks::BatchNormMode::batch_statistics, nullptr),
      part,
      run);
  const std::int64_t own = part.x.size(0);
  if (own < samples) {
    loss = loss * (static_cast<double>(own) / static_cast<double>(samples));
  }
  return engine::gradients_of(loss, weights, use);
}

}  // namespace

std::vector<at::Tensor> hessian_gradient_product(
    const networks::Network& network,
    const std::vector<at::Tensor>& weights,
    const engine::DeviceMinibatch& batch,
    std::int64_t samples_at_once,
    const engine::RunSettings& run) {
  const std::int64_t samples = batch.x.size(0);
  const bool whole = samples_at_once == samples;
  std::vector<at::Tensor> g;
  if (!whole) {
    g = gradients_of_share(
        network, weights, batch, samples, run, engine::GraphUse::last);
  }
  std::vector<at::Tensor> sum(weights.size());
  for (std::int64_t first = 0; first < samples; first += samples_at_once) {
    const auto own = gradients_of_share(
        network,
        weights,
        part_of(batch, first, samples_at_once),
        samples,
        run,
        engine::GraphUse::deeper);
    if (whole) {
      for (const at::Tensor& one : own) {
        g.push_back(one.defined() ? one.detach() : one);
      }
    }
    const auto products = engine::gradients_of_products(own, g, weights);
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      if (!products[i].defined()) continue;
      sum[i] = sum[i].defined() ? sum[i] + products[i] : products[i];
    }
  }
  return sum;
}

}  // namespace zcp::reductions
