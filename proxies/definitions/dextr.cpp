// The curvature is the extrinsic one, at angle 0, of ten outputs along a circle
// of inputs; where it does not exist the score is a alone. With one angle, as
// released, it is noise and degrades the score. The authors draw the ten
// outputs with replacement.
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "proxies/definitions.h"
#include "proxies/engine/differentiate.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/first_sample.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {
namespace {

/// d value / d angle, differentiable once more; 0 where it does not depend.
at::Tensor derivative(const at::Tensor& value, const at::Tensor& angle) {
  if (!value.requires_grad()) return at::zeros_like(angle);
  const at::Tensor derived =
      engine::gradients_of(value, {angle}, engine::GraphUse::deeper)[0];
  return derived.defined() ? derived : at::zeros_like(angle);
}

/// The same without a history of its own.
double last_derivative(const at::Tensor& value, const at::Tensor& angle) {
  const at::Tensor derived =
      engine::vector_jacobian_product(value, angle, at::ones_like(value));
  return derived.defined() ? derived.item<double>() : 0;
}

/// (v.v)^(-3/2) sqrt((v.v)(a.a) - (v.a)^2) of the first ten outputs.
double curvature(const networks::Network& network, const at::Tensor& circle) {
  const at::AutoGradMode mode(true);
  const at::Tensor angle = at::zeros({}, circle.options()).requires_grad_(true);
  const at::Tensor x = angle.cos() * circle[0] + angle.sin() * circle[1];
  const at::Tensor output = network
                                .forward(
                                    x.unsqueeze(0),
                                    networks::BatchNormMode::batch_statistics,
                                    nullptr)
                                .flatten();
  double vv = 0;
  double aa = 0;
  double va = 0;
  constexpr std::int64_t kCoordinates = 10;
  for (std::int64_t k = 0; k < std::min(kCoordinates, output.numel()); ++k) {
    const at::Tensor first = derivative(output[k], angle);
    const double v = first.item<double>();
    const double a = last_derivative(first, angle);
    vv += v * v;
    aa += a * a;
    va += v * a;
  }
  return std::pow(vv, -1.5) * std::sqrt(vv * aa - va * va);
}

}  // namespace

engine::Descriptor dextr() {
  engine::Descriptor d = engine::variant_of(dextr_svd());
  d.formula = "a b / (a + b), a = dextr_svd, b = log(1 + curvature)";
  d.needs.detail = "double backward on one circle of inputs";
  d.degenerate = "never";
  d.variant = "authors', one angle; outputs 0 to 9";
  d.reference = "rohanasthana/Dextr: no_free_lunch_architectures/length.py";
  d.make = reductions::with_samples_first(
      [](const networks::LayerCall& call) { return call.calls > 0; },
      engine::from_pass(
          [](const engine::Pass& pass, const engine::Setting& setting) {
            const double a = reductions::log_condition_sum(pass).item<double>();
            const double kappa = curvature(pass.network, setting.random.circle);
            if (!std::isfinite(kappa)) return engine::Score::of(a);
            const double b = std::log1p(kappa);
            if (!(a + b > 0))
              return engine::Score::degenerate("both terms are 0");
            return engine::Score::of(a * b / (a + b));
          }));
  return d;
}

}  // namespace zcp::definitions
