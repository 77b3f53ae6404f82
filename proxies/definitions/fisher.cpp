// a is the output of a convolution or a linear layer before BatchNorm,
// numel(W_k) the number of weights of channel k. Proposed for pruning by Turner
// et al., https://arxiv.org/abs/1906.04113. In front of BatchNorm the sum over
// the samples of the inner sum is 0. Deviation: for sequences the channel is
// the last axis; zero-cost-nas would sum over the channels.
#include "proxies/engine/observer.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {
namespace {

/// Sum over the channels of 1/2 mean_n (sum over positions of a * gradient)^2.
at::Tensor
channel_term(const at::Tensor& a, const at::Tensor& gradient, bool linear) {
  at::Tensor product = a * gradient;
  if (linear && product.dim() > 3) product = product.flatten(1, -2);
  if (!linear && product.dim() != 4 && product.dim() > 2) {
    product = product.flatten(2).sum(2);  // sequences and volumes
  }
  if (product.dim() == 4) product = product.sum({2, 3});
  if (product.dim() == 3) product = product.sum(1);
  return 0.5 * product.to(at::kDouble).square().mean(0).sum();
}

}  // namespace

engine::Descriptor fisher() {
  engine::Descriptor d;
  d.family = "saliency";
  d.formula = "sum of numel(W_k) 1/2 mean_n (sum_xy a dL/da)^2";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .labels = true,
      .activation_gradients = true,
      .layer_outputs = true};
  d.dtype = "float64 sums";
  d.degenerate = "a gradient that is not finite";
  d.variant = "zero-cost-nas: a channel counts once for each of its weights";
  d.paper = "https://arxiv.org/abs/2101.08134";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/fisher.py";
  d.suite_zero = "fisher";
  d.bfloat16_tau = 0.986;
  d.make = reductions::with_samples_first(
      &reductions::has_weight, engine::from_pass([](const engine::Pass& pass) {
        if (const auto fault =
                engine::layer_call_fault(pass.network, pass.recording)) {
          return engine::Score::degenerate(*fault);
        }
        std::vector<at::Tensor> terms;
        const auto& calls = pass.recording.calls;
        for (std::size_t i = 0; i < calls.size(); ++i) {
          if (calls[i].weight < 0 || !pass.output_gradients[i].defined())
            continue;
          const auto slot = static_cast<std::size_t>(calls[i].weight);
          const at::Tensor& weight =
              calls[i].used_weight.defined()
                  ? calls[i].used_weight
                  : pass.network.parameters()[slot].value;
          terms.push_back(
              channel_term(
                  calls[i].output.detach(),
                  pass.output_gradients[i],
                  calls[i].kind == networks::LayerKind::linear) *
              static_cast<double>(weight[0].numel()));
        }
        return engine::sum_of(terms, "a gradient is not finite");
      }));
  return d;
}

}  // namespace zcp::definitions
