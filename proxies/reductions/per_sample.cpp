#include "proxies/reductions/per_sample.h"

namespace zcp::reductions {
namespace {

at::Tensor convolution_gradient(
    const networks::LayerCall& call,
    const at::Tensor& weight,
    const at::Tensor& output_gradient) {
  const std::int64_t samples = call.input.size(0);
  const std::int64_t groups = call.groups;
  // [N, C k k, L] -> [N g, (C/g) k k, L]
  const at::Tensor columns =
      at::im2col(
          call.input.detach(),
          {weight.size(2), weight.size(3)},
          call.along_axes(&Window::dilation),
          call.along_axes(&Window::padding),
          call.along_axes(&Window::stride))
          .reshape({samples * groups, weight[0].numel(), -1});
  const at::Tensor rows =
      output_gradient.reshape({samples * groups, weight.size(0) / groups, -1});
  return rows.bmm(columns.transpose(1, 2)).reshape({samples, -1});
}

}  // namespace

at::Tensor per_sample_weight_gradient(
    const networks::LayerCall& call,
    const at::Tensor& weight,
    const at::Tensor& output_gradient) {
  if (call.kind == networks::LayerKind::conv) {
    return convolution_gradient(call, weight, output_gradient);
  }
  // Linear: [N, ..., in] and [N, ..., out], the axes between summed.
  const std::int64_t samples = call.input.size(0);
  const at::Tensor in =
      call.input.detach().reshape({samples, -1, call.input.size(-1)});
  const at::Tensor out =
      output_gradient.reshape({samples, -1, output_gradient.size(-1)});
  return out.transpose(1, 2).bmm(in).reshape({samples, -1});
}

}  // namespace zcp::reductions
