// H, W and C are those of a convolution's output, of all convolutions that run.
#include <cmath>

#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/gradient_history.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {
namespace {

bool is_convolution(const networks::LayerCall& call) {
  return call.kind == networks::LayerKind::conv;
}

double size_correction(const engine::Pass& pass) {
  double sum = 0;
  for (const networks::LayerCall& call : pass.recording.calls) {
    if (!is_convolution(call)) continue;
    const at::Tensor& out = call.output;
    sum += std::log(
        static_cast<double>(out.numel() / (out.size(0) * out.size(1))) /
        std::sqrt(static_cast<double>(out.size(1))));
  }
  return sum;
}

}  // namespace

engine::Descriptor zico_bc() {
  engine::Descriptor d = engine::variant_of(zico());
  d.formula = "zico - sum over convolutions of log(H W / sqrt(C))";
  d.needs.activations = true;
  d.needs.folding = graph::Folding::as_declared;
  d.degenerate = "a gradient that is not finite";
  d.variant = "the paper's formula, beta 1";
  d.paper = "https://arxiv.org/abs/2309.14666";
  d.reference = "no code released";
  const auto of_history = reductions::from_gradient_history(
      [](const reductions::GradientHistory& gradients, double correction) {
        engine::Score score =
            engine::resolved(reductions::zico_score(gradients));
        if (score.status == ScoreStatus::ok) score.value -= correction;
        return score;
      },
      size_correction);
  d.make = reductions::with_whole_batches(&is_convolution, of_history);
  return d;
}

}  // namespace zcp::definitions
