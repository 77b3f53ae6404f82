// gamma is the sum over the L outputs of convolutions and linear layers of
// log((tr C)^2 / tr C^2), C their channel covariance + 1e-10 I; o is the sum
// over the parameter tensors of min(1, std(g) / (max|g| + 1e-6)). The epsilon
// is not published; a smaller one counts rounding noise as healthy gradients.
#include <cmath>

#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"
#include "proxies/reductions/sample_axis.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {
namespace {

/// log((tr C)^2 / tr C^2) of one output.
at::Tensor log_participation(const networks::LayerCall& call) {
  const at::Tensor covariance = reductions::channel_covariance(call);
  const at::Tensor c =
      covariance + 1e-10 * at::eye(covariance.size(0), covariance.options());
  return (c.trace().square() / c.square().sum()).log();
}

/// min(1, std(g) / (max|g| + 1e-6)).
at::Tensor gradient_health(const at::Tensor& gradient) {
  const auto numbers = static_cast<double>(gradient.numel());
  const auto sum = [](engine::RowParts parts) {
    return parts[0].sum(at::kDouble);
  };
  const at::Tensor mean = engine::sum_by_rows({gradient}, sum) / numbers;
  const auto squares = [&](engine::RowParts parts) {
    return (parts[0].to(at::kDouble) - mean).square_().sum();
  };
  const at::Tensor variance =
      engine::sum_by_rows({gradient}, squares) / (numbers - 1);
  const at::Tensor largest = at::maximum(-gradient.min(), gradient.max());
  return (variance.sqrt() / (largest.to(at::kDouble) + 1e-6)).clamp_max(1);
}

}  // namespace

engine::Descriptor intrain() {
  engine::Descriptor d;
  d.family = "feature spectrum";
  d.formula = "gamma (1 + o) / log(L + 1)";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .labels = true,
      .parameter_gradients = true,
      .activations = true,
      .folding = graph::Folding::as_declared};
  d.dtype = "float64";
  d.degenerate = "a gradient that is not finite";
  d.variant =
      "the paper's formula; outputs of convolutions and linear layers; "
      "epsilon 1e-6";
  d.paper = "CVPR 2026, InTrain";
  d.reference = "no code released";
  const auto of_pass = engine::from_pass([](const engine::Pass& pass) {
    if (const auto fault =
            engine::layer_call_fault(pass.network, pass.recording)) {
      return engine::Score::degenerate(*fault);
    }
    std::vector<at::Tensor> ratios;
    for (const networks::LayerCall& call : pass.recording.calls) {
      if (call.weight >= 0) {
        ratios.push_back(log_participation(call));
      }
    }
    std::vector<at::Tensor> health;
    for (const at::Tensor& g : pass.gradients) {
      if (g.defined() && g.numel() > 1) health.push_back(gradient_health(g));
    }
    const double layers = static_cast<double>(ratios.size());
    at::Tensor score = at::stack(ratios).sum() / std::log(layers + 1);
    if (!health.empty()) score = score * (1 + at::stack(health).sum());
    return engine::score_of(score, "a gradient is not finite");
  });
  d.make = reductions::with_whole_batches(&reductions::has_weight, of_pass);
  return d;
}

}  // namespace zcp::definitions
