#include "proxies/reductions/first_sample.h"

#include <stdexcept>

#include "proxies/reductions/correlation.h"
#include "proxies/reductions/spectrum.h"

namespace zcp::reductions {
namespace {

at::Tensor sum_of_terms(
    const engine::Pass& pass,
    const std::function<at::Tensor(const at::Tensor& rows, int calls)>& term) {
  std::vector<at::Tensor> terms;
  for (const networks::LayerCall& call : pass.recording.calls) {
    if (call.calls == 0) continue;
    const at::Tensor first = call.output.detach()[0].to(at::kDouble);
    terms.push_back(term(first.reshape({first.size(0), -1}), call.calls));
  }
  if (terms.empty()) throw std::invalid_argument("no layer runs");
  return at::stack(terms).sum();
}

}  // namespace

engine::Score sum_over_first_samples(
    const engine::Pass& pass,
    const std::function<at::Tensor(const at::Tensor& rows, int calls)>& term) {
  return engine::score_of(
      sum_of_terms(pass, term), "an activation is not finite");
}

at::Tensor smallest_correlation_eigenvalue(const at::Tensor& rows) {
  if (rows.size(1) < 2) return at::zeros({}, rows.options());
  const at::Tensor correlation =
      at::nan_to_num(row_correlation(rows), 0.0, 0.0, 0.0);
  return at::linalg_eigvalsh(correlation)[0];
}

at::Tensor log_condition_sum(const engine::Pass& pass) {
  const std::function<at::Tensor()> make = [&] {
    return sum_of_terms(
               pass,
               [](const at::Tensor& rows, int calls) {
                 const at::Tensor s = singular_values(rows);
                 return at::where(
                            s[0] == 0, at::zeros_like(s[0]), s[-1] / s[0]) *
                        calls;
               })
        .log1p();
  };
  return *pass.shared->get("log condition sum", make);
}

}  // namespace zcp::reductions
