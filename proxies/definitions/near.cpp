// The outputs are those of layers with weights and of activations, as matrices
// (samples and positions) x C, of which the first C rows are taken. The authors
// average 32 draws of the weights.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "proxies/engine/observer.h"
#include "proxies/reductions/sample_axis.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::definitions {
namespace {

bool counts(const networks::LayerCall& call) {
  switch (call.kind) {
    case networks::LayerKind::conv:
    case networks::LayerKind::linear:
    case networks::LayerKind::batch_norm:
    case networks::LayerKind::layer_norm:
    case networks::LayerKind::relu:
    case networks::LayerKind::smooth_activation:
    case networks::LayerKind::bounded_activation:
      return true;
    default:
      return false;
  }
}

/// Whether the second axis of a call's output holds the channels. What follows
/// a layer and keeps its sizes keeps its axes.
class ChannelAxis {
 public:
  bool is_second(const networks::LayerCall& call) {
    const at::Tensor& output = call.output;
    const bool convolves = call.kind == networks::LayerKind::conv ||
                           call.kind == networks::LayerKind::batch_norm;
    const bool mixes = call.kind == networks::LayerKind::linear ||
                       call.kind == networks::LayerKind::layer_norm;
    if (convolves || mixes) {
      second_ = convolves;
      sizes_ = output.sizes().vec();
      return convolves || output.dim() == 4;
    }
    return output.dim() >= 4 || (second_ && output.sizes() == sizes_);
  }

 private:
  bool second_ = false;
  std::vector<std::int64_t> sizes_;
};

at::Tensor effective_rank(const at::Tensor& output, bool second) {
  const at::Tensor map = second ? output.transpose(1, -1) : output;
  const std::int64_t channels = map.size(-1);
  const at::Tensor rows = map.reshape({-1, channels});
  const at::Tensor square =
      rows.slice(0, 0, std::min(channels, rows.size(0))).to(at::kDouble);
  const at::Tensor s = reductions::singular_values(square);
  const at::Tensor p = s / s.sum();
  const at::Tensor entropy = at::special_entr(p).sum();
  return at::where(s[0] == 0, at::zeros_like(entropy), entropy.exp());
}

}  // namespace

engine::Descriptor near() {
  engine::Descriptor d;
  d.family = "feature spectrum";
  d.formula = "sum of exp(entropy of singular values) of C rows of each output";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::noise,
      .activations = true,
      .folding = graph::Folding::as_declared};
  d.dtype = "float64";
  d.degenerate = "never; an output of zeros adds 0";
  d.variant = "authors', row offset 0, one repetition";
  d.paper = "https://arxiv.org/abs/2408.08776";
  d.reference = "ReiherGroup/NEAR";
  d.bfloat16_tau = 0.999;
  const auto of_pass = engine::from_pass([](const engine::Pass& pass) {
    std::vector<at::Tensor> ranks;
    ChannelAxis channels;
    for (const networks::LayerCall& call : pass.recording.calls) {
      if (!counts(call)) continue;
      const bool second = channels.is_second(call);
      ranks.push_back(
          effective_rank(call.output.detach(), second) * call.merged);
    }
    if (ranks.empty()) return engine::Score::degenerate("no layer runs");
    return engine::score_of(
        at::stack(ranks).sum(), "an activation is not finite");
  });
  d.make = reductions::with_whole_batches(&counts, of_pass);
  return d;
}

}  // namespace zcp::definitions
