#include "nets/graph/graph.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "common/hash.h"
#include "nets/graph/canonical.h"

namespace zcp::graph {
namespace {

/// The shape of a map with a pixel for each window on `input`.
Shape window_shape(Shape input, int channels, const Window& window) {
  return {
      channels,
      static_cast<int>(window.count(input.height)),
      static_cast<int>(window.count(input.width))};
}

/// Order-free part of a declared layer in the declared hash.
std::uint64_t hash_of(const Layer& layer) {
  return hash_combine(
      hash_combine(
          static_cast<std::uint64_t>(layer.op),
          static_cast<std::uint64_t>(layer.params)),
      static_cast<std::uint64_t>(layer.macs));
}

}  // namespace

std::string_view op_name(Op op) {
  switch (op) {
    case Op::input:
      return "input";
    case Op::zero:
      return "zero";
    case Op::conv2d:
      return "conv2d";
    case Op::batch_norm:
      return "batch_norm";
    case Op::relu:
      return "relu";
    case Op::avg_pool:
      return "avg_pool";
    case Op::max_pool:
      return "max_pool";
    case Op::global_avg_pool:
      return "global_avg_pool";
    case Op::linear:
      return "linear";
    case Op::add:
      return "add";
    case Op::concat:
      return "concat";
    case Op::slice:
      return "slice";
    case Op::shift:
      return "shift";
    case Op::conv_transpose2d:
      return "conv_transpose2d";
    case Op::leaky_relu:
      return "leaky_relu";
    case Op::tanh:
      return "tanh";
    case Op::sigmoid:
      return "sigmoid";
    case Op::multiply:
      return "multiply";
    case Op::layer_norm:
      return "layer_norm";
    case Op::gelu:
      return "gelu";
    case Op::attention:
      return "attention";
    case Op::embedding:
      return "embedding";
    case Op::token_mix:
      return "token_mix";
    case Op::rearrange:
      return "rearrange";
  }
  return "?";
}

GraphBuilder::GraphBuilder(Shape input, Folding folding) : folding_(folding) {
  nodes_.reserve(512);
  edges_.reserve(512);
  append(Op::input, {}, input, {});
}

std::span<const GraphBuilder::Value> GraphBuilder::inputs(
    const Draft& node) const {
  return std::span(edges_).subspan(
      index(node.first_input), index(node.input_count));
}

GraphBuilder::Value GraphBuilder::append(
    Op op,
    const Attributes& attributes,
    Shape shape,
    std::span<const Value> inputs,
    int layer) {
  const int first = static_cast<int>(edges_.size());
  edges_.insert(edges_.end(), inputs.begin(), inputs.end());
  nodes_.push_back(
      {op, attributes, shape, layer, first, static_cast<int>(inputs.size())});
  // Sums and zeros are no modules; what returns them is told by add_calls.
  const bool module = op != Op::input && op != Op::zero && op != Op::add &&
                      op != Op::concat && op != Op::slice && op != Op::shift &&
                      op != Op::multiply && op != Op::rearrange;
  nodes_.back().calls = module ? 1 : 0;
  return static_cast<Value>(nodes_.size()) - 1;
}

int GraphBuilder::declare(
    Op op,
    const Attributes& attributes,
    Shape input,
    Shape output,
    std::int64_t params,
    std::int64_t macs) {
  if (repeated_) {
    if (*repeated_ >= graph_.layers_.size()) {
      throw std::invalid_argument("more layers than there are to repeat");
    }
    Layer& layer = graph_.layers_[*repeated_];
    if (layer.op != op || !(layer.attributes == attributes) ||
        !(layer.input == input)) {
      throw std::invalid_argument("a repetition of other layers");
    }
    layer.macs += macs;
    graph_.macs_ += macs;
    return static_cast<int>((*repeated_)++);
  }
  graph_.layers_.push_back({op, attributes, input, output, params, macs});
  graph_.params_ += params;
  graph_.macs_ += macs;
  return static_cast<int>(graph_.layers_.size()) - 1;
}

GraphBuilder::Value GraphBuilder::zero(Shape shape) {
  return append(Op::zero, {}, shape, {});
}

GraphBuilder::Value GraphBuilder::conv2d(Value x, const Attributes& a) {
  const Shape in = shape(x);
  if (in.channels % a.groups != 0 || a.out_channels % a.groups != 0) {
    throw std::invalid_argument("channels that the groups do not divide");
  }
  const Shape out = window_shape(in, a.out_channels, a.window);
  const std::int64_t bias = a.bias ? a.out_channels : 0;
  const std::int64_t weights = std::int64_t{a.window.kernel} * a.window.kernel *
                               (in.channels / a.groups) * a.out_channels;
  const std::int64_t positions = std::int64_t{out.height} * out.width;
  const std::int64_t each = weights + (bias_macs_ ? bias : 0);
  const int layer =
      declare(Op::conv2d, a, in, out, weights + bias, each * positions);
  // Without a bias a convolution of zeros is zeros. With one it is a constant
  // that later layers see, so it stays.
  if (folds(x) && !a.bias) return zero(out);
  return append(Op::conv2d, a, out, std::span(&x, 1), layer);
}

GraphBuilder::Value
GraphBuilder::batch_norm(Value x, bool affine, double epsilon) {
  const Shape in = shape(x);
  Attributes a;
  a.affine = affine;
  a.epsilon = epsilon;
  const int layer = declare(
      Op::batch_norm, a, in, in, affine ? 2 * std::int64_t{in.channels} : 0, 0);
  // Every published initialiser sets beta to 0, so zeros stay zeros.
  if (folds(x)) return x;
  return append(Op::batch_norm, a, in, std::span(&x, 1), layer);
}

GraphBuilder::Value GraphBuilder::relu(Value x, int named_modules) {
  if (folds(x)) return x;
  const Value y = append(Op::relu, {}, shape(x), std::span(&x, 1));
  nodes_[index(y)].uses = named_modules;
  return y;
}

GraphBuilder::Value GraphBuilder::pool(Op op, Value x, const Window& window) {
  Attributes a;
  a.window = window;
  const Shape out = window_shape(shape(x), shape(x).channels, window);
  if (folds(x)) return zero(out);
  return append(op, a, out, std::span(&x, 1));
}

GraphBuilder::Value
GraphBuilder::avg_pool(Value x, int kernel, int stride, int padding) {
  return pool(Op::avg_pool, x, {kernel, stride, padding});
}

GraphBuilder::Value
GraphBuilder::max_pool(Value x, int kernel, int stride, int padding) {
  return pool(Op::max_pool, x, {kernel, stride, padding});
}

GraphBuilder::Value GraphBuilder::global_avg_pool(Value x) {
  const Shape out{shape(x).channels, 1, 1};
  if (folds(x)) return zero(out);
  return append(Op::global_avg_pool, {}, out, std::span(&x, 1));
}

GraphBuilder::Value GraphBuilder::linear(Value x, int out_features) {
  const Shape in = shape(x);
  if (in.height != 1 || in.width != 1) {
    throw std::invalid_argument("a linear layer reads a vector");
  }
  return dense(x, out_features, {out_features, 1, 1});
}

GraphBuilder::Value GraphBuilder::pixel_linear(Value x, int out_features) {
  const Shape in = shape(x);
  return dense(x, out_features, {out_features, in.height, in.width});
}

GraphBuilder::Value GraphBuilder::dense(Value x, int out_features, Shape out) {
  const Shape in = shape(x);
  Attributes a;
  a.out_channels = out_features;
  a.bias = true;
  const std::int64_t size =
      std::int64_t{in.channels} * out_features + out_features;
  const std::int64_t positions = std::int64_t{out.height} * out.width;
  const std::int64_t each = size - (bias_macs_ ? 0 : out_features);
  const int layer = declare(Op::linear, a, in, out, size, each * positions);
  return append(Op::linear, a, out, std::span(&x, 1), layer);
}

GraphBuilder::Value GraphBuilder::add(std::span<const Value> terms) {
  if (terms.empty()) throw std::invalid_argument("a sum of nothing");
  std::vector<Value> live;
  for (const Value term : terms) {
    if (!(shape(term) == shape(terms[0]))) {
      throw std::invalid_argument("a sum of different shapes");
    }
    // A zero adds nothing, whatever runs.
    if (nodes_[index(term)].op == Op::zero) continue;
    const Draft& node = nodes_[index(term)];
    if (node.op == Op::add && !node.block_end) {
      const auto inner = inputs(node);
      live.insert(live.end(), inner.begin(), inner.end());
    } else {
      live.push_back(term);
    }
  }
  if (live.empty()) return terms[0];
  if (live.size() == 1) return live[0];
  return append(Op::add, {}, shape(terms[0]), live);
}

GraphBuilder::Value GraphBuilder::concat(std::span<const Value> parts) {
  if (parts.empty()) throw std::invalid_argument("a concatenation of nothing");
  if (parts.size() == 1) return parts[0];
  Shape out = shape(parts[0]);
  out.channels = 0;
  bool all_zero = true;
  for (const Value part : parts) {
    const Shape in = shape(part);
    if (in.height != out.height || in.width != out.width) {
      throw std::invalid_argument("a concatenation of different sizes");
    }
    out.channels += in.channels;
    all_zero = all_zero && folds(part);
  }
  if (all_zero) return zero(out);
  return append(Op::concat, {}, out, parts);
}

GraphBuilder::Value GraphBuilder::slice(Value x, int offset, int channels) {
  Shape out = shape(x);
  if (offset < 0 || channels < 1 || offset + channels > out.channels) {
    throw std::invalid_argument("a slice beyond its input's channels");
  }
  out.channels = channels;
  if (folds(x)) return zero(out);
  Attributes a;
  a.offset = offset;
  return append(Op::slice, a, out, std::span(&x, 1));
}

GraphBuilder::Value GraphBuilder::elementwise(Op op, Value x) {
  if (folds(x)) return x;
  return append(op, {}, shape(x), std::span(&x, 1));
}

GraphBuilder::Value GraphBuilder::shift(Value x) {
  return elementwise(Op::shift, x);
}

GraphBuilder::Value GraphBuilder::leaky_relu(Value x) {
  return elementwise(Op::leaky_relu, x);
}

GraphBuilder::Value GraphBuilder::tanh(Value x) {
  return elementwise(Op::tanh, x);
}

GraphBuilder::Value GraphBuilder::sigmoid(Value x) {
  return append(Op::sigmoid, {}, shape(x), std::span(&x, 1));
}

GraphBuilder::Value GraphBuilder::multiply(Value x, Value gate) {
  if (!(shape(gate) == Shape{shape(x).channels, 1, 1})) {
    throw std::invalid_argument(
        "a gate with other channels than what it gates");
  }
  if (folds(x) || folds(gate)) return zero(shape(x));
  return append(Op::multiply, {}, shape(x), std::array{x, gate});
}

GraphBuilder::Value GraphBuilder::conv_transpose2d(
    Value x,
    const Attributes& a) {
  const Shape in = shape(x);
  const auto size = [&a](int n) {
    return (n - 1) * a.window.stride - 2 * a.window.padding + a.window.kernel +
           a.output_padding;
  };
  const Shape out{a.out_channels, size(in.height), size(in.width)};
  if (a.groups != 1 || a.window.dilation != 1 || out.height < 1 ||
      out.width < 1) {
    throw std::invalid_argument("a transposed convolution that is not built");
  }
  const std::int64_t bias = a.bias ? a.out_channels : 0;
  const std::int64_t weights = std::int64_t{a.window.kernel} * a.window.kernel *
                               in.channels * a.out_channels;
  // Every input position is multiplied by every weight.
  const std::int64_t macs =
      weights * in.height * in.width +
      (bias_macs_ ? bias : 0) * std::int64_t{out.height} * out.width;
  const int layer =
      declare(Op::conv_transpose2d, a, in, out, weights + bias, macs);
  if (folds(x) && !a.bias) return zero(out);
  return append(Op::conv_transpose2d, a, out, std::span(&x, 1), layer);
}

GraphBuilder::Value GraphBuilder::counted_layer(
    Op op,
    const Attributes& attributes,
    std::span<const Value> inputs,
    Shape out,
    std::int64_t params,
    std::int64_t macs) {
  if (inputs.empty()) throw std::invalid_argument("a layer that reads nothing");
  int layer = -1;
  if (params > 0 || macs > 0) {
    layer = declare(op, attributes, shape(inputs[0]), out, params, macs);
  }
  return append(op, attributes, out, inputs, layer);
}

void GraphBuilder::end_block(Value x) {
  nodes_[index(x)].block_end = true;
  (repeated_ ? repeated_blocks_ : blocks_).push_back(x);
}

Graph GraphBuilder::finish(Value output) && {
  for (const Draft& node : nodes_) {
    if (node.op >= Op::layer_norm && graph_.cannot_run_.empty() &&
        !has_program_) {
      throw std::invalid_argument("a layer that no network runs");
    }
  }
  if (graph_.program_ && graph_.program_->params() != graph_.params_) {
    throw std::logic_error(fmt::format(
        "a program of {} parameters for a graph of {}",
        graph_.program_->params(),
        graph_.params_));
  }
  if (folding_ == Folding::counted) {
    graph_.nodes_.resize(2);
    graph_.nodes_[0].shape = shape(input());
    graph_.nodes_[1].shape = shape(output);
    graph_.output_ = 1;
    return std::move(graph_);
  }
  CanonicalInput raw;
  raw.nodes.reserve(nodes_.size());
  for (const Draft& draft : nodes_) {
    Node node;
    node.op = draft.op;
    node.attributes = draft.attributes;
    node.shape = draft.shape;
    node.layer = draft.layer;
    node.uses = draft.uses;
    node.calls = folding_ == Folding::functional ? 1 : draft.calls;
    node.first_input = draft.first_input;
    node.input_count = draft.input_count;
    raw.nodes.push_back(node);
  }
  raw.edges = std::move(edges_);
  graph_.block_count_ = blocks_.size();
  raw.blocks = std::move(blocks_);
  raw.blocks.insert(
      raw.blocks.end(), repeated_blocks_.begin(), repeated_blocks_.end());
  raw.output = output;
  raw.folding = folding_;
  CanonicalForm form = canonical_form(raw);
  graph_.nodes_ = std::move(form.nodes);
  graph_.edges_ = std::move(form.edges);
  graph_.blocks_ = std::move(form.blocks);
  graph_.output_ = form.output;
  graph_.hash_ = form.hash;
  graph_.declared_hash_ = form.module_hash;
  for (const Layer& layer : graph_.layers_) {
    graph_.declared_hash_ += hash_of(layer);
  }
  return std::move(graph_);
}

}  // namespace zcp::graph
