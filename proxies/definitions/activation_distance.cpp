// c are the signs (1 above 0, else 0) of an activation's output for the tokens
// of the first sample. The sum of all entries of c c^T + (1 - c)(1 - c)^T is
// taken feature by feature: a^2 + (T - a)^2 of the a active ones of T tokens.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/token_layers.h"

namespace zcp::definitions {
namespace {

bool is_activation(const networks::LayerCall& call) {
  const bool kind = call.kind == networks::LayerKind::relu ||
                    call.kind == networks::LayerKind::smooth_activation;
  return kind && call.output.dim() == 3;
}

at::Tensor equal_signs(const networks::LayerCall&, const at::Tensor& output) {
  const at::Tensor first = output.select(0, 0);
  const at::Tensor active = (first > 0).sum(0).to(at::kDouble);
  const auto tokens = static_cast<double>(first.size(0));
  return (active.square() + (tokens - active).square()).sum();
}

}  // namespace

engine::Descriptor activation_distance() {
  engine::Descriptor d = engine::variant_of(head_confidence());
  d.family = "codes";
  d.formula = "sum over activations of the entries of cc^T + (1-c)(1-c)^T";
  d.degenerate = "no activation of tokens [N, T, D]";
  d.variant = "authors': signs of the tokens of the first sample";
  d.paper = "https://arxiv.org/abs/2006.04647";
  d.make = engine::from_pass([](const engine::Pass& pass,
                                const engine::Setting& setting) {
    return reductions::sum_over_outputs(
        pass, setting, is_activation, equal_signs, "no activation of tokens");
  });
  return d;
}

}  // namespace zcp::definitions
