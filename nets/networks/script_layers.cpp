#include "nets/networks/script_layers.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace zcp::networks {
namespace {

using torch::jit::Stack;

at::Tensor tensor_at(const Stack& arguments, std::size_t place) {
  if (place >= arguments.size() || !arguments[place].isTensor()) return {};
  return arguments[place].toTensor();
}

/// The numbers of each axis; one number stands for all.
std::vector<std::int64_t> by_axis(const c10::IValue& value, std::size_t axes) {
  std::vector<std::int64_t> numbers =
      value.isInt() ? std::vector{value.toInt()} : value.toIntVector();
  if (numbers.size() == 1) numbers.resize(axes, numbers[0]);
  if (numbers.size() < axes) {
    throw std::invalid_argument("a convolution with fewer numbers than axes");
  }
  return numbers;
}

/// Places of a convolution's arguments after stride and padding.
struct ConvolutionPlaces {
  std::size_t dilation = 5;
  std::size_t groups = 6;
};

ConvolutionPlaces places_of(const std::string& name) {
  // _convolution(x, w, b, stride, padding, dilation, transposed,
  // output_padding, groups, ...); conv_transpose2d(x, w, b, stride, padding,
  // output_padding, groups, dilation).
  if (name == "_convolution" || name == "convolution") return {5, 8};
  if (name.starts_with("conv_transpose")) return {7, 6};
  return {};
}

void describe_convolution(
    const std::string& name,
    const Stack& arguments,
    LayerCall& call) {
  const ConvolutionPlaces places = places_of(name);
  const auto axes = static_cast<std::size_t>(call.used_weight.dim() - 2);
  const auto stride = by_axis(arguments[3], axes);
  const auto padding = by_axis(arguments[4], axes);
  const auto dilation = by_axis(arguments[places.dilation], axes);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    call.windows.push_back(
        {static_cast<int>(
             call.used_weight.size(static_cast<std::int64_t>(axis) + 2)),
         static_cast<int>(stride[axis]),
         static_cast<int>(padding[axis]),
         static_cast<int>(dilation[axis])});
  }
  call.groups = arguments[places.groups].toInt();
  call.transposed = name.starts_with("conv_transpose") ||
                    (places.groups == 8 && arguments[6].toBool());
}

void describe_linear(
    const std::string& name,
    const Stack& arguments,
    LayerCall& call) {
  if (name == "linear") {
    call.used_weight = tensor_at(arguments, 1);
    call.used_bias = tensor_at(arguments, 2);
    return;
  }
  const bool sum = name == "addmm";
  if (sum) call.used_bias = tensor_at(arguments, 0);
  const at::Tensor right = tensor_at(arguments, sum ? 2 : 1);
  if (!right.defined()) return;
  call.used_weight = right.dim() < 2 ? right : right.transpose(-1, -2);
}

/// Elements of all weights and biases of a recurrent operator: of the last list
/// of tensors that it takes, or of a cell's, which are its arguments after the
/// input and the state.
std::int64_t recurrent_weights(const Stack& arguments) {
  std::vector<at::Tensor> weights;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    if (arguments[i].isTensorList()) weights = arguments[i].toTensorVector();
  }
  const bool cell = weights.empty();
  for (std::size_t i = 2; cell && i < arguments.size(); ++i) {
    const at::Tensor one = tensor_at(arguments, i);
    if (one.defined()) weights.push_back(one);
  }
  std::int64_t elements = 0;
  for (const at::Tensor& one : weights) elements += one.numel();
  return elements;
}

}  // namespace

void number_padding(Stack& arguments) {
  const at::Tensor weight = arguments[1].toTensor();
  const auto axes = static_cast<std::size_t>(weight.dim() - 2);
  const bool same = arguments[4].toStringRef() == "same";
  const auto dilation = by_axis(arguments[5], axes);
  std::vector<std::int64_t> padding(axes, 0);
  std::vector<std::int64_t> ends(2 * axes, 0);  // the last axis first
  bool uneven = false;
  for (std::size_t axis = 0; same && axis < axes; ++axis) {
    const std::int64_t taps = weight.size(static_cast<std::int64_t>(axis) + 2);
    const std::int64_t total = dilation[axis] * (taps - 1);
    padding[axis] = total / 2;
    ends[2 * (axes - 1 - axis) + 1] = total % 2;
    uneven = uneven || total % 2 != 0;
  }
  if (uneven) arguments[0] = at::constant_pad_nd(arguments[0].toTensor(), ends);
  arguments[4] = padding;
}

void describe_layer(
    const std::string& name,
    const Stack& arguments,
    LayerCall& call) {
  if (call.kind == LayerKind::conv) {
    call.used_weight = tensor_at(arguments, 1);
    call.used_bias = tensor_at(arguments, 2);
    describe_convolution(name, arguments, call);
  } else if (call.kind == LayerKind::linear) {
    describe_linear(name, arguments, call);
  }
}

std::int64_t count_macs(
    const Stack& arguments,
    const LayerCall& call,
    const at::Tensor& output) {
  const at::Tensor input = tensor_at(arguments, 0);
  if (call.kind == LayerKind::recurrent) {
    const std::int64_t steps =
        input.numel() / std::max<std::int64_t>(1, input.size(-1));
    return steps * recurrent_weights(arguments);
  }
  if (!call.used_weight.defined() || call.used_weight.numel() == 0) return 0;
  const std::int64_t bias = call.used_bias.defined() ? output.numel() : 0;
  const at::Tensor& weight = call.used_weight;
  if (call.kind == LayerKind::linear) {
    return output.numel() * weight.size(-1) + bias;
  }
  const std::int64_t positions =
      call.transposed ? input.numel() : output.numel();
  return positions * (weight.numel() / weight.size(0)) + bias;
}

}  // namespace zcp::networks
