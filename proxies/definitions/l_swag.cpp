// The deviation is over the minibatches, and the patterns are the different
// ones of a unit's signs over the samples, summed over the activations. The
// paper selects layers by percentiles from 1,000 networks of the space.
#include <span>
#include <vector>

#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/row_parts.h"
#include "proxies/reductions/gradient_history.h"
#include "proxies/reductions/sample_axis.h"
#include "proxies/reductions/sign_patterns.h"

namespace zcp::definitions {
namespace {

double sum_of_patterns(const engine::Pass& pass) {
  double sum = 0;
  for (const networks::LayerCall& call : pass.recording.calls) {
    const auto patterns = reductions::count_patterns(std::span(&call, 1));
    if (patterns) sum += static_cast<double>(*patterns * call.merged);
  }
  return sum;
}

/// Sum of 1 / std|g| of some weights, one gradient a minibatch.
at::Tensor inverse_deviations(engine::RowParts gradients) {
  const at::Tensor deviation =
      at::stack(gradients).to(at::kDouble).abs().std(0, false);
  return at::where(
             deviation == 0, at::zeros_like(deviation), deviation.reciprocal())
      .sum();
}

/// log sum 1 / std|g| of one layer; 0 where every deviation is 0.
at::Tensor layer_term(const std::vector<at::Tensor>& gradients) {
  const at::Tensor sum = engine::sum_by_rows(gradients, inverse_deviations);
  return at::where(sum == 0, at::zeros_like(sum), sum.log());
}

}  // namespace

engine::Descriptor l_swag() {
  engine::Descriptor d = engine::variant_of(zico());
  d.formula = "(sum over layers of log sum_w 1/std|g|) * sum of sign patterns";
  d.needs.codes = true;
  d.needs.folding = graph::Folding::as_declared;
  d.degenerate = "a gradient that is not finite; no activation";
  d.variant = "the paper's formula without its selection of layers";
  d.paper = "https://arxiv.org/abs/2505.07300";
  d.reference = "no code released";
  d.make = reductions::with_samples_first(
      &reductions::has_sign_patterns,
      reductions::from_gradient_history(
          [](const reductions::GradientHistory& gradients, double patterns) {
            if (patterns == 0) {
              return engine::Score::degenerate("no activation runs");
            }
            std::vector<at::Tensor> logs;
            for (const auto& layer : gradients.layers()) {
              if (!layer.empty()) logs.push_back(layer_term(layer));
            }
            if (logs.empty()) return engine::Score::of(0);
            return engine::score_of(
                at::stack(logs).sum() * patterns, "a gradient is not finite");
          },
          sum_of_patterns));
  return d;
}

}  // namespace zcp::definitions
