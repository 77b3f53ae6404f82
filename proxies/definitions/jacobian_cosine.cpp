// J are the Jacobian rows of the samples, of length 1; n is their number. The
// authors take the gradient of the table of positions, which sums over samples.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/correlation.h"

namespace zcp::definitions {

engine::Descriptor jacobian_cosine() {
  engine::Descriptor d = engine::variant_of(jacob_cov());
  d.formula = "1 - sum_{i != j} |J_i . J_j|^(1/20) / (2 (n^2 - n))";
  d.degenerate =
      "a sample whose Jacobian is zero, or rounding noise; a single sample";
  d.variant = "of the samples' inputs; of words their embeddings";
  d.paper = "https://arxiv.org/abs/2306.04360";
  d.reference = "aaronserianni/training-free-nas: BERT_metrics.ipynb";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    const at::Tensor rows = reductions::jacobian_rows(pass);
    if (!rows.defined()) {
      return engine::Score::degenerate(reductions::jacobian_fault(pass));
    }
    const std::int64_t n = rows.size(0);
    if (n < 2) return engine::Score::degenerate("a single sample");
    const at::Tensor unit = rows / rows.norm(2, {1}, true);
    at::Tensor cosines = at::matmul(unit, unit.t()).abs();
    cosines.fill_diagonal_(0);
    const auto pairs = static_cast<double>(n * n - n);
    return engine::score_of(
        1 - cosines.pow(1.0 / 20).sum() / (2 * pairs),
        reductions::kConstantJacobian);
  });
  return d;
}

}  // namespace zcp::definitions
