// corr is the correlation between the Jacobian rows of the samples of a class
// and k = 1e-5. With more than 100 classes a class's sum becomes a mean over
// its samples, and the score sum_{c,c'} |s_c - s_c'| / number of classes
// present. NASLib's file is epe_nas.py.
#include "proxies/engine/observer.h"
#include "proxies/reductions/correlation.h"

namespace zcp::definitions {
namespace {

constexpr double kOffset = 1e-5;

at::Tensor class_score(const at::Tensor& rows, bool mean) {
  const at::Tensor correlation = rows.size(0) > 1
                                     ? reductions::row_correlation(rows)
                                     : at::ones({1, 1}, rows.options());
  const at::Tensor sum = (correlation.abs() + kOffset).log().sum();
  return mean ? sum / static_cast<double>(rows.size(0)) : sum;
}

engine::Score combine(const at::Tensor& scores, bool pairwise) {
  if (!pairwise)
    return engine::score_of(scores.abs().sum(), reductions::kConstantJacobian);
  const at::Tensor differences =
      (scores.unsqueeze(0) - scores.unsqueeze(1)).abs().sum();
  return engine::score_of(
      differences / static_cast<double>(scores.size(0)),
      reductions::kConstantJacobian);
}

}  // namespace

engine::Descriptor epe_nas() {
  engine::Descriptor d;
  d.family = "jacobian";
  d.formula = "sum_c |sum_ij log(|corr_ij| + k)| within class c";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::jacobian, .labels = true, .classes = true};
  d.dtype = "float64";
  d.degenerate =
      "a sample whose Jacobian row is constant, or rounding noise; no two "
      "samples of a class";
  d.variant = "NASLib";
  d.paper = "https://arxiv.org/abs/2102.08099";
  d.reference = "VascoLopes/EPE-NAS: search.py";
  d.suite_zero = "epe_nas";
  d.make = engine::from_pass([](const engine::Pass& pass) {
    const at::Tensor rows = reductions::jacobian_rows(pass);
    if (!rows.defined()) {
      return engine::Score::degenerate(reductions::jacobian_fault(pass));
    }
    // NASLib counts the logits, not the labels.
    const bool many = pass.logits.size(1) > 100;
    std::vector<at::Tensor> scores;
    const at::Tensor present = std::get<0>(at::_unique(pass.y));
    bool has_pairs = false;
    for (std::int64_t c = 0; c < present.size(0); ++c) {
      const at::Tensor members = (pass.y == present[c]).nonzero().squeeze(1);
      has_pairs = has_pairs || members.size(0) > 1;
      scores.push_back(class_score(rows.index_select(0, members), many));
    }
    // Without a pair the score says how many classes there are, and no more.
    if (!has_pairs) {
      return engine::Score::degenerate(
          "no class has two samples in the minibatch");
    }
    return combine(at::stack(scores), many);
  });
  return d;
}

}  // namespace zcp::definitions
