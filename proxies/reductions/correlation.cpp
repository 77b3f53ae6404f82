#include "proxies/reductions/correlation.h"

namespace zcp::reductions {

at::Tensor jacobian_rows(const engine::Pass& pass) {
  if (!pass.input_gradient.defined() || pass.input_gradient_is_noise) return {};
  return pass.input_gradient.contiguous().flatten(1).to(at::kDouble);
}

const char* jacobian_fault(const engine::Pass& pass) {
  return pass.input_gradient_is_noise
             ? "the sum of the outputs does not depend on the inputs: a "
               "BatchNorm stands right before the last layer, so that the "
               "Jacobian is rounding noise"
             : kConstantJacobian;
}

at::Tensor row_correlation(const at::Tensor& rows) {
  const at::Tensor centred = rows - rows.mean(1, true);
  const at::Tensor covariance = centred.mm(centred.t());
  const at::Tensor deviation = covariance.diagonal().sqrt();
  return (covariance / deviation.unsqueeze(1) / deviation.unsqueeze(0))
      .clamp(-1, 1);
}

}  // namespace zcp::reductions
