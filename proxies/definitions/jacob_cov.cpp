// J holds the samples' rows of d(sum of logits)/dx, and k = 1e-5: the score of
// version 1 of the paper. It needs natural images; with noise its tau drops by
// 0.1. Eigenvalues that rounding moves below 0 are set to 0, where the
// original's non-symmetric routine may return -1e-5 and so the logarithm of a
// negative number.
#include "proxies/engine/observer.h"
#include "proxies/reductions/correlation.h"

namespace zcp::definitions {

engine::Descriptor jacob_cov() {
  engine::Descriptor d;
  d.aliases = {"jacov"};
  d.family = "jacobian";
  d.formula = "-sum_i log(v_i + k) + 1/(v_i + k), v = eig(corr(J))";
  d.published = "higher";
  d.needs = {.pass = engine::PassKind::jacobian};
  d.dtype = "float64";
  d.degenerate =
      "a sample whose Jacobian row is constant (correlation 0/0), or rounding "
      "noise";
  d.variant = "zero-cost-nas; eigenvalues symmetric and clamped at 0";
  d.paper = "https://arxiv.org/abs/2006.04647";
  d.reference =
      "SamsungLabs/zero-cost-nas: foresight/pruners/measures/jacob_cov.py";
  d.suite_zero = "jacov";
  d.bfloat16_tau = 0.761;
  d.make = engine::from_pass([](const engine::Pass& pass) {
    const at::Tensor rows = reductions::jacobian_rows(pass);
    if (!rows.defined()) {
      return engine::Score::degenerate(reductions::jacobian_fault(pass));
    }
    const at::Tensor correlation = reductions::row_correlation(rows);
    if (!at::isfinite(correlation).all().item<bool>()) {
      return engine::Score::degenerate(reductions::kConstantJacobian);
    }
    constexpr double kOffset = 1e-5;
    const at::Tensor v =
        at::linalg_eigvalsh(correlation).clamp_min(0) + kOffset;
    return engine::score_of(
        -(v.log() + v.reciprocal()).sum(), reductions::kConstantJacobian);
  });
  return d;
}

}  // namespace zcp::definitions
