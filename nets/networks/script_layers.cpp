#include "nets/networks/script_layers.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/one_of.h"

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
  const auto first = static_cast<std::size_t>(first_factor(name));
  if (first > 0) call.used_bias = tensor_at(arguments, 0);
  const at::Tensor right = tensor_at(arguments, first + 1);
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

/// The subscripts of an einsum, "bij,jk->bik": a text an operand, and those of
/// the output. An ellipsis becomes one letter for each axis it stands for.
struct Subscripts {
  std::vector<std::string> operands;
  std::string output;
};

/// Letters for the axes of ellipses, which are aligned at their ends.
std::string without_ellipsis(std::string text, std::int64_t axes) {
  constexpr std::string_view kEllipsis = "...";
  const std::size_t at = text.find(kEllipsis);
  if (at == std::string::npos) return text;
  std::string letters;
  for (std::int64_t i = axes; i-- > 0;) {
    letters += static_cast<char>('0' + i);
  }
  return text.replace(at, kEllipsis.size(), letters);
}

Subscripts parse_subscripts(
    std::string equation,
    const std::vector<at::Tensor>& operands) {
  std::erase(equation, ' ');
  const std::size_t arrow = equation.find("->");
  std::string left = equation.substr(0, arrow) + ',';
  Subscripts subscripts;
  std::int64_t most = 0;
  for (const at::Tensor& operand : operands) {
    const std::size_t comma = left.find(',');
    std::string one = left.substr(0, comma);
    left.erase(0, comma + 1);
    const auto letters = static_cast<std::int64_t>(
        one.find("...") == std::string::npos ? one.size() : one.size() - 3);
    const std::int64_t axes = operand.dim() - letters;
    most = std::max(most, axes);
    subscripts.operands.push_back(without_ellipsis(std::move(one), axes));
  }
  if (arrow != std::string::npos) {
    subscripts.output = without_ellipsis(equation.substr(arrow + 2), most);
    return subscripts;
  }
  // Without an arrow the output has what stands once, and the ellipsis.
  std::string all;
  for (const std::string& one : subscripts.operands) all += one;
  for (const char letter : all) {
    const bool ellipsis = letter >= '0' && letter <= '9';
    if (ellipsis || std::ranges::count(all, letter) == 1) {
      subscripts.output += letter;
    }
  }
  return subscripts;
}

/// As many as the product of all axes of two operands, one pair after the
/// other, as PyTorch takes them; axes that nothing needs later are summed
/// before.
std::int64_t count_einsum_macs(const Stack& arguments) {
  const std::vector<at::Tensor> operands = arguments[1].toTensorVector();
  const Subscripts subscripts =
      parse_subscripts(arguments[0].toStringRef(), operands);
  std::map<char, std::int64_t> sizes;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    for (std::size_t axis = 0; axis < subscripts.operands[i].size(); ++axis) {
      std::int64_t& size = sizes[subscripts.operands[i][axis]];
      size = std::max(size, operands[i].size(static_cast<std::int64_t>(axis)));
    }
  }
  std::int64_t macs = 0;
  std::string held = subscripts.operands[0];
  for (std::size_t i = 1; i < operands.size(); ++i) {
    std::string later = subscripts.output;
    for (std::size_t j = i + 1; j < operands.size(); ++j) {
      later += subscripts.operands[j];
    }
    const std::string both = held + subscripts.operands[i];
    held.clear();
    std::int64_t product = 1;
    for (const auto& [letter, size] : sizes) {
      if (both.find(letter) == std::string::npos) continue;
      product *= size;
      if (later.find(letter) != std::string::npos) held += letter;
    }
    macs += product;
  }
  return macs;
}

}  // namespace

int first_factor(std::string_view name) {
  if (one_of(name, {"addmm", "baddbmm", "addbmm", "addmv"})) return 1;
  const bool product = one_of(
      name,
      {"matmul", "linalg_matmul", "mm", "bmm", "mv", "inner", "tensordot"});
  return product ? 0 : -1;
}

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

std::int64_t count_contraction_macs(
    const std::string& name,
    const Stack& arguments,
    const at::Tensor& output) {
  if (name == "einsum") return count_einsum_macs(arguments);
  if (name == "bilinear") {
    const at::Tensor weight = tensor_at(arguments, 2);
    const std::int64_t bias =
        tensor_at(arguments, 3).defined() ? output.numel() : 0;
    return output.numel() * weight.size(1) * weight.size(2) + bias;
  }
  if (name == "tensordot") {
    const at::Tensor left = tensor_at(arguments, 0);
    std::int64_t summed = 1;
    for (const std::int64_t axis : arguments[2].toIntVector()) {
      summed *= left.size(axis);
    }
    return output.numel() * summed;
  }
  const auto first = static_cast<std::size_t>(first_factor(name));
  const std::int64_t bias = first > 0 ? output.numel() : 0;
  const at::Tensor left = tensor_at(arguments, first);
  // addbmm sums the products of a batch.
  const std::int64_t products = name == "addbmm" ? left.size(0) : 1;
  return output.numel() * products * left.size(-1) + bias;
}

}  // namespace zcp::networks
