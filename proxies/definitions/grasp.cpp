// grasp = -sum of w (H g) over convolution and linear weights, g = dL/dw, H the
// Hessian, by double backward on one minibatch.
// Wang et al., ICLR 2020, https://arxiv.org/abs/2002.07376, sign as in
// SamsungLabs/zero-cost-nas: foresight/pruners/measures/grasp.py (temperature
// 1, one iteration). In front of BatchNorm a layer contributes exactly
// ||g_l||^2; the classifier often decides.
#include "proxies/definitions/all.h"
#include "proxies/engine/differentiate.h"
#include "proxies/engine/loss.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {
namespace {

class Grasp final : public engine::Observer {
 public:
  explicit Grasp(const engine::Setting& setting) : setting_(setting) {}

  engine::Score finish() override {
    const at::AutoGradMode mode(true);
    const auto network = engine::differentiable(*setting_.network);
    std::vector<at::Tensor> weights;
    for (const auto& parameter : network->parameters()) {
      if (parameter.is_layer_weight()) weights.push_back(parameter.value);
    }
    const engine::DeviceMinibatch& batch = setting_.minibatches[0];
    const at::Tensor loss = engine::mean_loss(
        network->forward(
            batch.x, networks::BatchNormMode::batch_statistics, nullptr),
        batch,
        setting_.protocol.loss);
    const auto first =
        engine::gradients_of(loss, weights, engine::GraphUse::deeper);
    std::vector<at::Tensor> products;
    for (const at::Tensor& g : first) {
      if (g.defined()) products.push_back((g.detach() * g).sum());
    }
    if (products.empty()) return engine::Score::of(0);
    const at::Tensor z = at::stack(products).sum();
    if (!z.requires_grad()) return engine::Score::of(0);
    return reduce(
        weights, engine::gradients_of(z, weights, engine::GraphUse::last));
  }

 private:
  static engine::Score reduce(
      const std::vector<at::Tensor>& weights,
      const std::vector<at::Tensor>& curvature) {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> terms;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (curvature[i].defined()) {
        terms.push_back((weights[i] * curvature[i]).sum(at::kDouble));
      }
    }
    if (terms.empty()) return engine::Score::of(0);
    // 0 - sum: a constant network scores 0, not -0.
    return engine::score_of(
        0 - at::stack(terms).sum(), "a gradient is not finite");
  }

  const engine::Setting setting_;
};

}  // namespace

engine::Descriptor grasp() {
  engine::Descriptor d;
  d.name = "grasp";
  d.family = "saliency";
  d.formula = "-sum over layers of w (H g)";
  d.published = "higher";
  d.needs.pass = engine::PassKind::own;
  d.needs.labels = true;
  d.needs.minibatches = 1;
  d.needs.detail = "double backward";
  d.dtype = "float64 sums";
  d.degenerate = "a gradient that is not finite";
  d.variant = "zero-cost-nas, which flips the sign of the pruning paper";
  d.paper = "https://arxiv.org/abs/2002.07376";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/grasp.py";
  d.make = [](const engine::Setting& setting) {
    return std::make_unique<Grasp>(setting);
  };
  return d;
}

}  // namespace zcp::definitions
