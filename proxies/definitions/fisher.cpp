// fisher = sum over convolutions and linear layers and their channels k of
// weights per channel * 1/2 mean_n (sum over positions of a dL/da)^2, a the
// layer's output before BatchNorm.
// Turner et al., ICLR 2020, https://arxiv.org/abs/1906.04113, as a proxy:
// SamsungLabs/zero-cost-nas: foresight/pruners/measures/fisher.py. In front of
// BatchNorm the sum over the samples of the inner term is 0.
// Deviation: for sequences the channel is the last axis; zero-cost-nas would
// sum over the channels.
#include "proxies/definitions/all.h"
#include "proxies/engine/observer.h"

namespace zcp::definitions {
namespace {

/// Sum over the channels of 1/2 mean_n (sum over positions of a * gradient)^2.
at::Tensor
channel_term(const at::Tensor& a, const at::Tensor& gradient, bool linear) {
  at::Tensor product = a * gradient;
  if (linear && product.dim() > 3) product = product.flatten(1, -2);
  if (product.dim() == 4) product = product.sum({2, 3});
  if (product.dim() == 3) product = product.sum(1);
  return 0.5 * product.to(at::kDouble).square().mean(0).sum();
}

}  // namespace

engine::Descriptor fisher() {
  engine::Descriptor d;
  d.name = "fisher";
  d.family = "saliency";
  d.formula = "sum of numel(W_k) 1/2 mean_n (sum_xy a dL/da)^2";
  d.published = "higher";
  d.needs.pass = engine::PassKind::minibatch;
  d.needs.labels = true;
  d.needs.layer_outputs = true;
  d.needs.activation_gradients = true;
  d.dtype = "float64 sums";
  d.degenerate = "a gradient that is not finite";
  d.variant = "zero-cost-nas: a channel counts once for each of its weights";
  d.paper = "https://arxiv.org/abs/2101.08134";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/fisher.py";
  d.make = [](const engine::Setting&) {
    return engine::observe_once([](const engine::Pass& pass) {
      std::vector<at::Tensor> terms;
      const auto& calls = pass.recording.calls;
      for (std::size_t i = 0; i < calls.size(); ++i) {
        if (calls[i].weight < 0 || !pass.output_gradients[i].defined())
          continue;
        const auto slot = static_cast<std::size_t>(calls[i].weight);
        const at::Tensor& weight = pass.network.parameters()[slot].value;
        terms.push_back(
            channel_term(
                calls[i].output.detach(),
                pass.output_gradients[i],
                calls[i].kind == networks::LayerKind::linear) *
            static_cast<double>(weight[0].numel()));
      }
      if (terms.empty()) return engine::Score::of(0);
      return engine::score_of(
          at::stack(terms).sum(), "a gradient is not finite");
    });
  };
  return d;
}

}  // namespace zcp::definitions
