#include "proxies/engine/input_gradient.h"

namespace zcp::engine {
namespace {

/// Whether the gradient is so small beside the outputs that it may be noise.
bool is_small(const Pass& pass) {
  constexpr double kSmall = 1e-3;
  const auto norm = [](const at::Tensor& values) {
    return values.detach().norm(2, at::kDouble);
  };
  const at::Tensor gradient = norm(pass.input_gradient);
  return (gradient * norm(pass.x) < kSmall * norm(pass.logits))
      .logical_and(gradient > 0)
      .item<bool>();
}

/// The same gradient, rounded otherwise: that of three times the sum, of inputs
/// whose last bits are others.
at::Tensor rounded_otherwise(
    const Setting& setting,
    const at::Tensor& inputs,
    const Pass& pass) {
  const at::Tensor x =
      with_other_last_bits(pass.x.detach()).requires_grad_(true);
  const at::Tensor logits = pass.network.forward_embedded(
      x, inputs, networks::BatchNormMode::batch_statistics, nullptr);
  const at::Tensor sum = 3 * summed_output(setting, logits);
  return gradients_of(sum, {x}, GraphUse::last)[0] / 3;
}

bool is_noise(
    const Setting& setting,
    const at::Tensor& inputs,
    const Pass& pass) {
  if (!pass.input_gradient.defined() || !is_small(pass)) return false;
  constexpr double kAgreement = 1e-2;
  const at::Tensor again = rounded_otherwise(setting, inputs, pass);
  const double size = pass.input_gradient.norm(2, at::kDouble).item<double>();
  return (again - pass.input_gradient).norm(2, at::kDouble).item<double>() >
         kAgreement * size;
}

}  // namespace

at::Tensor differentiable_input(
    const networks::Network& network,
    const at::Tensor& x) {
  const at::Tensor real = network.embed(x);
  return real.requires_grad() ? real
                              : real.detach().clone().requires_grad_(true);
}

void add_input_gradient(
    const Setting& setting,
    const at::Tensor& inputs,
    GraphUse use,
    Pass& pass) {
  pass.input_gradient =
      gradients_of(summed_output(setting, pass.logits), {pass.x}, use)[0];
  pass.input_gradient_is_noise = is_noise(setting, inputs, pass);
}

}  // namespace zcp::engine
