#include "proxies/reductions/first_sample.h"

#include "proxies/reductions/correlation.h"

namespace zcp::reductions {

void for_each_first_sample(
    const engine::Pass& pass,
    const std::function<void(const at::Tensor& rows, int calls)>& visit) {
  for (const networks::LayerCall& call : pass.recording.calls) {
    if (call.calls == 0) continue;
    const at::Tensor first = call.output.detach()[0].to(at::kDouble);
    visit(first.reshape({first.size(0), -1}), call.calls);
  }
}

at::Tensor smallest_correlation_eigenvalue(const at::Tensor& rows) {
  if (rows.size(1) < 2) return at::zeros({}, rows.options());
  const at::Tensor correlation =
      at::nan_to_num(row_correlation(rows), 0.0, 0.0, 0.0);
  return at::linalg_eigvalsh(correlation)[0];
}

at::Tensor log_condition_sum(const engine::Pass& pass) {
  std::vector<at::Tensor> ratios;
  for_each_first_sample(pass, [&](const at::Tensor& rows, int calls) {
    const at::Tensor s = at::linalg_svdvals(rows);
    ratios.push_back(
        at::where(s[0] > 0, s[-1] / s[0], at::zeros_like(s[0])) * calls);
  });
  return at::stack(ratios).sum().log1p();
}

}  // namespace zcp::reductions
