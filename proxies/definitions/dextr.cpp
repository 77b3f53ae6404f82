// dextr = a b / (a + b), a = dextr_svd, b = log(1 + kappa), kappa the extrinsic
// curvature at angle 0 of ten outputs along a circle of inputs, by double
// backward; a alone where kappa does not exist.
// Asthana et al., TMLR 2025; rohanasthana/Dextr:
// no_free_lunch_architectures/length.py. With one angle, as released, kappa is
// noise and degrades the score. The first ten outputs here; the authors draw
// ten with replacement.
#include <algorithm>
#include <cmath>

#include "proxies/definitions/all.h"
#include "proxies/engine/differentiate.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/first_sample.h"

namespace zcp::definitions {
namespace {

/// d value / d angle, differentiable once more; 0 where it does not depend.
at::Tensor derivative(const at::Tensor& value, const at::Tensor& angle) {
  if (!value.requires_grad()) return at::zeros_like(angle);
  const at::Tensor found =
      engine::gradients_of(value, {angle}, engine::GraphUse::deeper)[0];
  return found.defined() ? found : at::zeros_like(angle);
}

/// The same without a history of its own.
double last_derivative(const at::Tensor& value, const at::Tensor& angle) {
  const at::Tensor found =
      engine::vector_jacobian_product(value, angle, at::ones_like(value));
  return found.defined() ? found.item<double>() : 0;
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
  engine::Descriptor d;
  d.name = "dextr";
  d.family = "feature spectrum";
  d.formula = "a b / (a + b), a = dextr_svd, b = log(1 + curvature)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::noise_one;
  d.needs.activations = true;
  d.needs.folding = graph::Folding::as_declared;
  d.needs.detail = "double backward on one circle of inputs";
  d.dtype = "float64";
  d.degenerate = "never";
  d.variant = "authors', one angle; outputs 0 to 9";
  d.paper = "TMLR 2025, Dextr";
  d.reference = "rohanasthana/Dextr: no_free_lunch_architectures/length.py";
  d.make = [](const engine::Setting& setting) {
    const at::Tensor circle = setting.circle;
    return engine::observe_once([circle](const engine::Pass& pass) {
      const double a = reductions::log_condition_sum(pass).item<double>();
      const double kappa = curvature(pass.network, circle);
      if (!std::isfinite(kappa)) return engine::Score::of(a);
      const double b = std::log1p(kappa);
      if (!(a + b > 0)) return engine::Score::degenerate("both terms are 0");
      return engine::Score::of(a * b / (a + b));
    });
  };
  return d;
}

}  // namespace zcp::definitions
