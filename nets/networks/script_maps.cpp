#include "nets/networks/script_maps.h"

#include <ATen/ATen.h>
#include <ATen/InferSize.h>
#include <ATen/TensorUtils.h>

#include <optional>
#include <vector>

#include "nets/kernels/average_pool.h"
#include "nets/kernels/channels_last.h"
#include "nets/kernels/convolution.h"
#include "nets/networks/script_layers.h"

namespace zcp::networks {
namespace {

using torch::jit::Stack;

bool is_map(const c10::IValue& value) {
  if (!value.isTensor()) return false;
  const at::Tensor& x = value.toTensor();
  return x.defined() && x.dim() == 4 && x.device().is_cpu() &&
         x.is_floating_point();
}

/// Operators that sum a map. In float32 the order of the sum moves its last
/// bits, by which a ReLU after it, as of squeeze and excitation, may let a
/// number through or not: it is that of planes.
bool sums_maps(const NodePlan& plan) {
  return plan.name == "adaptive_avg_pool2d" || plan.name == "mean";
}

bool run_convolution(const NodePlan& plan, Stack& arguments) {
  arguments[0] = arguments[0].toTensor().contiguous(kernels::kChannelsLast);
  LayerCall call;
  call.kind = LayerKind::conv;
  describe_layer(plan.name, arguments, call);
  const bool square = call.windows.size() == 2 &&
                      call.windows[0] == call.windows[1] && !call.transposed;
  if (!square) return false;
  const at::Tensor y = kernels::convolution(
      arguments[0].toTensor(),
      call.used_weight,
      call.used_bias,
      call.windows[0],
      call.groups,
      kernels::ConvolutionValues::as_planes);
  arguments.assign({y});
  return true;
}

/// The number of a pair of equal ones; none for others.
std::optional<int> one_of_pair(const c10::IValue& value) {
  if (!value.isIntList()) return std::nullopt;
  const std::vector<std::int64_t> numbers = value.toIntVector();
  if (numbers.empty() || numbers.front() != numbers.back()) return std::nullopt;
  return static_cast<int>(numbers.front());
}

/// avg_pool2d(x, kernel, stride, padding, ceil_mode, count_include_pad,
/// divisor).
bool run_average_pool(Stack& arguments) {
  const auto kernel = one_of_pair(arguments[1]);
  const auto padding = one_of_pair(arguments[3]);
  const bool usual = !arguments[4].toBool() && arguments[6].isNone();
  if (!kernel || !padding || !usual) return false;
  if (*padding > 0 && arguments[5].toBool()) return false;
  const bool apart = arguments[2].toIntVector().empty();
  const auto stride = apart ? kernel : one_of_pair(arguments[2]);
  if (!stride) return false;
  const Window window{*kernel, *stride, *padding};
  const at::Tensor y = kernels::average_pool(arguments[0].toTensor(), window);
  arguments.assign({y});
  return true;
}

void allow_view(Stack& arguments) {
  if (arguments.size() != 2 || !arguments[1].isIntList()) return;
  const at::Tensor& x = arguments[0].toTensor();
  if (x.is_contiguous()) return;
  const std::vector<std::int64_t> sizes =
      at::infer_size(arguments[1].toIntVector(), x.numel());
  const bool viewable =
      at::detail::computeStride(x.sizes(), x.strides(), sizes).has_value();
  if (!viewable) arguments[0] = x.contiguous();
}

}  // namespace

bool run_on_maps(const NodePlan& plan, Stack& arguments) {
  if (plan.name == "view" && !arguments.empty() && arguments[0].isTensor()) {
    allow_view(arguments);
    return false;
  }
  if (arguments.empty() || !is_map(arguments[0])) return false;
  if (sums_maps(plan) && arguments[0].toTensor().scalar_type() == at::kFloat) {
    arguments[0] = arguments[0].toTensor().contiguous();
    return false;
  }
  if (plan.kind == LayerKind::conv) return run_convolution(plan, arguments);
  return plan.name == "avg_pool2d" && run_average_pool(arguments);
}

}  // namespace zcp::networks
