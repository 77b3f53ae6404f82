#include "nets/spaces/program_writer.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace zcp::spaces {
namespace {

using Kind = ExportedArgument::Kind;

// As c10::ScalarType counts.
constexpr int kLong = 4;
constexpr int kFloat = 6;
constexpr int kDouble = 7;

std::size_t axis_of(const Term& x, std::int64_t axis) {
  const auto rank = static_cast<std::int64_t>(x.sizes.size());
  const std::int64_t place = axis < 0 ? axis + rank : axis;
  if (place < 0 || place >= rank) throw std::invalid_argument("no such axis");
  return static_cast<std::size_t>(place);
}

Sizes contiguous_strides(const Sizes& sizes) {
  Sizes strides(sizes.size(), 1);
  for (std::size_t i = sizes.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * sizes[i];
  }
  return strides;
}

}  // namespace

LayerDraws pytorch_draws(std::int64_t fan_in) {
  const graph::DrawnBy draw{
      graph::DrawnBy::Rule::uniform,
      static_cast<float>(1 / std::sqrt(static_cast<double>(fan_in)))};
  return {draw, draw};
}

LayerDraws normal_draws(float spread) {
  return {{graph::DrawnBy::Rule::normal, spread}, {}};
}

ProgramWriter ProgramWriter::of_images(int channels, int height, int width) {
  return ProgramWriter({"x", {-1, channels, height, width}}, kFloat);
}

ProgramWriter ProgramWriter::of_tokens(int tokens) {
  return ProgramWriter({"input_ids", {-1, tokens}}, kLong);
}

ProgramWriter::ProgramWriter(Term input, int dtype) : input_(std::move(input)) {
  program_.code.torch_version = "of a space";
  program_.code.inputs.push_back(
      {ExportedInput::Kind::given, input_.name, {}, {}});
  know(input_, dtype);
}

void ProgramWriter::know(const Term& term, int dtype) {
  ExportedMeta meta{dtype, {}};
  for (const std::int64_t size : term.sizes) meta.axes.push_back({size, 1, -1});
  program_.code.meta[term.name] = std::move(meta);
}

/// Without bytes it is trained.
void ProgramWriter::add_tensor(const Term& term, int dtype, std::string bytes) {
  ExportedTensor tensor;
  tensor.dtype = dtype;
  tensor.sizes = term.sizes;
  tensor.strides = contiguous_strides(term.sizes);
  tensor.trainable = bytes.empty();
  if (!tensor.trainable) {
    tensor.storage = std::make_shared<const std::string>(std::move(bytes));
  }
  if (!program_.code.tensors.emplace(term.name, std::move(tensor)).second) {
    throw std::invalid_argument("two tensors named " + term.name);
  }
  program_.code.inputs.push_back(
      {ExportedInput::Kind::tensor, term.name, term.name, {}});
  know(term, dtype == kLong ? kLong : kFloat);
}

Term ProgramWriter::parameter(
    const std::string& name,
    Sizes sizes,
    graph::DrawnBy draw) {
  Term term{name, std::move(sizes)};
  add_tensor(term, kFloat, {});
  program_.parameters.push_back({term.name, term.sizes, draw});
  return term;
}

Term ProgramWriter::layer_parameter(
    const std::string& name,
    Sizes sizes,
    graph::DrawnBy draw,
    std::int64_t fan_in,
    std::int64_t fan_out) {
  Term term = parameter(name, std::move(sizes), draw);
  program_.parameters.back().fan_in = fan_in;
  program_.parameters.back().fan_out = fan_out;
  return term;
}

Term ProgramWriter::constant(
    const std::string& name,
    Sizes sizes,
    std::span<const double> values) {
  Term term{name, std::move(sizes)};
  if (program_.code.tensors.contains(name)) return term;
  std::string bytes(values.size_bytes(), '\0');
  std::memcpy(bytes.data(), values.data(), values.size_bytes());
  // As many digits as any pass may want.
  add_tensor(term, kDouble, std::move(bytes));
  return term;
}

Term ProgramWriter::whole_constant(
    const std::string& name,
    Sizes sizes,
    const std::function<std::vector<std::int64_t>()>& make) {
  Term term{name, std::move(sizes)};
  if (program_.code.tensors.contains(name)) return term;
  const std::vector<std::int64_t> values = make();
  std::string bytes(values.size() * sizeof(std::int64_t), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  add_tensor(term, kLong, std::move(bytes));
  return term;
}

Term ProgramWriter::call(
    std::string_view target,
    Arguments arguments,
    Sizes sizes) {
  const bool plain = target.find('.') == std::string_view::npos;
  Term made{fmt::format("v{}", calls_++), std::move(sizes)};
  ExportedNode node;
  node.target =
      fmt::format("torch.ops.aten.{}{}", target, plain ? ".default" : "");
  node.inputs = std::move(arguments);
  node.outputs = {of(made)};
  program_.code.graph.nodes.push_back(std::move(node));
  know(made, kFloat);
  return made;
}

ExportedArgument ProgramWriter::of(const Term& term) {
  return {.kind = Kind::value, .text = term.name};
}

ExportedArgument ProgramWriter::of(std::int64_t number) {
  return {.kind = Kind::integer, .integer = number};
}

ExportedArgument ProgramWriter::of(double number) {
  return {.kind = Kind::real, .real = number};
}

ExportedArgument ProgramWriter::of(const Sizes& numbers) {
  ExportedArgument list{.kind = Kind::list};
  for (const std::int64_t number : numbers) list.items.push_back(of(number));
  return list;
}

Term ProgramWriter::linear(
    const std::string& name,
    const Term& x,
    std::int64_t out,
    const LayerDraws& draws,
    bool bias) {
  const std::int64_t in = x.sizes.back();
  const Term weight =
      layer_parameter(name + ".weight", {out, in}, draws.weight, in, out);
  Arguments arguments{{"input", of(x)}, {"weight", of(weight)}};
  if (bias) {
    arguments.emplace_back(
        "bias",
        of(layer_parameter(name + ".bias", {out}, draws.bias, in, out)));
  }
  Sizes sizes = x.sizes;
  sizes.back() = out;
  return call("linear", std::move(arguments), std::move(sizes));
}

Term ProgramWriter::layer_norm(
    const std::string& name,
    const Term& x,
    double epsilon) {
  const Sizes features{x.sizes.back()};
  const Term scale =
      parameter(name + ".weight", features, {graph::DrawnBy::Rule::ones, 0});
  const Term shift =
      parameter(name + ".bias", features, {graph::DrawnBy::Rule::zeros, 0});
  return call(
      "layer_norm",
      {{"input", of(x)},
       {"normalized_shape", of(features)},
       {"weight", of(scale)},
       {"bias", of(shift)},
       {"eps", of(epsilon)}},
      x.sizes);
}

Term ProgramWriter::conv2d(
    const std::string& name,
    const Term& x,
    std::int64_t out,
    std::int64_t kernel,
    std::int64_t stride,
    std::int64_t padding,
    std::int64_t groups,
    const LayerDraws& draws) {
  const std::int64_t in = x.sizes[1] / groups * kernel * kernel;
  const std::int64_t fan_out = out / groups * kernel * kernel;
  const Term weight = layer_parameter(
      name + ".weight",
      {out, x.sizes[1] / groups, kernel, kernel},
      draws.weight,
      in,
      fan_out);
  const Term bias =
      layer_parameter(name + ".bias", {out}, draws.bias, in, fan_out);
  const auto size = [&](std::size_t axis) {
    return (x.sizes[axis] + 2 * padding - kernel) / stride + 1;
  };
  return call(
      "conv2d",
      {{"input", of(x)},
       {"weight", of(weight)},
       {"bias", of(bias)},
       {"stride", of(Sizes{stride, stride})},
       {"padding", of(Sizes{padding, padding})},
       {"dilation", of(Sizes{1, 1})},
       {"groups", of(groups)}},
      {-1, out, size(2), size(3)});
}

Term ProgramWriter::gelu(const Term& x) {
  return call("gelu", {{"self", of(x)}}, x.sizes);
}

Term ProgramWriter::lookup(const Term& table, const Term& indices) {
  Sizes sizes = indices.sizes;
  sizes.push_back(table.sizes.back());
  return call(
      "embedding",
      {{"weight", of(table)}, {"indices", of(indices)}},
      std::move(sizes));
}

Term ProgramWriter::add(const Term& a, const Term& b) {
  return call("add.Tensor", {{"self", of(a)}, {"other", of(b)}}, a.sizes);
}

Term ProgramWriter::matmul(const Term& a, const Term& b) {
  Sizes sizes = a.sizes.size() >= b.sizes.size() ? a.sizes : b.sizes;
  sizes[sizes.size() - 2] = a.sizes[a.sizes.size() - 2];
  sizes.back() = b.sizes.back();
  return call("matmul", {{"self", of(a)}, {"other", of(b)}}, std::move(sizes));
}

Term ProgramWriter::scaled(const Term& x, double factor) {
  return call("mul.Tensor", {{"self", of(x)}, {"other", of(factor)}}, x.sizes);
}

Term ProgramWriter::softmax(const Term& x, std::int64_t axis) {
  return call("softmax.int", {{"self", of(x)}, {"dim", of(axis)}}, x.sizes);
}

Term ProgramWriter::reshape(const Term& x, Sizes sizes) {
  return call("reshape", {{"self", of(x)}, {"shape", of(sizes)}}, sizes);
}

Term ProgramWriter::transpose(
    const Term& x,
    std::int64_t one,
    std::int64_t other) {
  Sizes sizes = x.sizes;
  std::swap(sizes[axis_of(x, one)], sizes[axis_of(x, other)]);
  return call(
      "transpose.int",
      {{"self", of(x)}, {"dim0", of(one)}, {"dim1", of(other)}},
      std::move(sizes));
}

Term ProgramWriter::permute(const Term& x, const Sizes& order) {
  Sizes sizes;
  for (const std::int64_t axis : order) {
    sizes.push_back(x.sizes[axis_of(x, axis)]);
  }
  return call("permute", {{"self", of(x)}, {"dims", of(order)}}, sizes);
}

Term ProgramWriter::select(
    const Term& x,
    std::int64_t axis,
    std::int64_t index) {
  Sizes sizes = x.sizes;
  sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(axis_of(x, axis)));
  return call(
      "select.int",
      {{"self", of(x)}, {"dim", of(axis)}, {"index", of(index)}},
      std::move(sizes));
}

Term ProgramWriter::slice(
    const Term& x,
    std::int64_t axis,
    std::int64_t begin,
    std::int64_t end) {
  Sizes sizes = x.sizes;
  sizes[axis_of(x, axis)] = end - begin;
  return call(
      "slice.Tensor",
      {{"self", of(x)},
       {"dim", of(axis)},
       {"start", of(begin)},
       {"end", of(end)}},
      std::move(sizes));
}

Term ProgramWriter::concat(std::span<const Term> parts, std::int64_t axis) {
  ExportedArgument list{.kind = Kind::list};
  Sizes sizes = parts[0].sizes;
  const std::size_t place = axis_of(parts[0], axis);
  sizes[place] = 0;
  for (const Term& part : parts) {
    sizes[place] += part.sizes[place];
    list.items.push_back(of(part));
  }
  return call("cat", {{"tensors", list}, {"dim", of(axis)}}, std::move(sizes));
}

Term ProgramWriter::mean(const Term& x, std::int64_t axis) {
  Sizes sizes = x.sizes;
  sizes.erase(sizes.begin() + static_cast<std::ptrdiff_t>(axis_of(x, axis)));
  return call(
      "mean.dim",
      {{"self", of(x)}, {"dim", of(Sizes{axis})}},
      std::move(sizes));
}

Term ProgramWriter::repeated(const Term& parameter, const Term& like) {
  const Term batch = call(
      "sym_size.int", {{"self", of(like)}, {"dim", of(std::int64_t{0})}}, {});
  ExportedArgument sizes{.kind = Kind::list};
  sizes.items.push_back(of(batch));
  for (std::size_t i = 1; i < parameter.sizes.size(); ++i) {
    sizes.items.push_back(of(std::int64_t{-1}));
  }
  Sizes made = parameter.sizes;
  made[0] = -1;
  return call(
      "expand", {{"self", of(parameter)}, {"size", sizes}}, std::move(made));
}

Term ProgramWriter::attention(const Term& q, const Term& k, const Term& v) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.sizes.back()));
  const Term scores = scaled(matmul(q, transpose(k, -2, -1)), scale);
  return matmul(softmax(scores, -1), v);
}

Term ProgramWriter::split_heads(const Term& x, std::int64_t heads) {
  const std::int64_t tokens = x.sizes[1];
  return transpose(reshape(x, {-1, tokens, heads, x.sizes[2] / heads}), 1, 2);
}

Term ProgramWriter::join_heads(const Term& x) {
  return reshape(transpose(x, 1, 2), {-1, x.sizes[2], x.sizes[1] * x.sizes[3]});
}

graph::Program ProgramWriter::finish(const Term& output) && {
  program_.code.graph.outputs = {of(output)};
  program_.code.output.value = of(output);
  return std::move(program_);
}

}  // namespace zcp::spaces
