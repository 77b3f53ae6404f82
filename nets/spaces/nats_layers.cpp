#include "nets/spaces/nats_layers.h"

#include <array>

#include "common/error.h"

namespace zcp::spaces {
namespace {

Value skip(graph::GraphBuilder& graph, Value x, int out, bool affine) {
  if (graph.shape(x).channels == out) {
    graph.add_calls(x, 1);  // the Identity
    return x;
  }
  const Value y =
      graph.batch_norm(graph.conv2d(x, convolution(out, 1)), affine);
  graph.add_calls(y, 1);  // the FactorizedReduce, which does not reduce here
  return y;
}

Value pool(graph::GraphBuilder& graph, Value x, int out, bool affine) {
  if (graph.shape(x).channels != out) {
    x = relu_conv_bn(graph, x, out, 1, 1, affine);
  }
  const Value pooled = graph.avg_pool(x, 3, 1, 1);
  graph.add_calls(pooled, 1);  // the POOLING around AvgPool2d
  return pooled;
}

Value apply(
    graph::GraphBuilder& graph,
    CellOp op,
    Value x,
    int out,
    bool affine) {
  switch (op) {
    case CellOp::none:
      break;
    case CellOp::skip_connect:
      return skip(graph, x, out, affine);
    case CellOp::nor_conv_1x1:
      return relu_conv_bn(graph, x, out, 1, 1, affine);
    case CellOp::nor_conv_3x3:
      return relu_conv_bn(graph, x, out, 3, 1, affine);
    case CellOp::avg_pool_3x3:
      return pool(graph, x, out, affine);
  }
  return zeros_after(graph, x, out, 1);
}

}  // namespace

Value add_nats_stem(graph::GraphBuilder& graph, int channels) {
  const Value x = conv_bn(graph, graph.input(), channels, 3);
  graph.add_calls(x, 1);  // the Sequential of the stem
  graph.end_block(x);
  return x;
}

Value add_nats_cell(
    graph::GraphBuilder& graph,
    const NatsCell& cell,
    Value x,
    int channels,
    bool affine) {
  const Value y =
      add_four_node_cell(graph, x, [&](std::size_t edge, int, Value from) {
        return apply(graph, cell.ops[edge], from, channels, affine);
      });
  graph.add_calls(y, 1);  // the InferCell
  graph.end_block(y);
  return y;
}

Value add_nats_reduction(graph::GraphBuilder& graph, Value x, int channels) {
  const Shape in = graph.shape(x);
  if (in.height % 2 != 0 || in.width % 2 != 0) {
    throw UserError(
        "a map of {}x{} cannot be halved; the networks of this space take "
        "inputs whose height and width are multiples of 4",
        in.height,
        in.width);
  }
  const Value a = relu_conv_bn(graph, x, channels, 3, 2);
  const Value b = relu_conv_bn(graph, a, channels, 3);
  const Value pooled = graph.avg_pool(x, 2, 2, 0);
  const Value shortcut = graph.conv2d(pooled, convolution(channels, 1));
  graph.add_calls(shortcut, 1);  // the Sequential of pool and convolution
  const Value sum = graph.add(std::array{b, shortcut});
  graph.add_calls(sum, 1);  // the ResNetBasicblock
  graph.end_block(sum);
  return sum;
}

Value add_nats_activation(graph::GraphBuilder& graph, Value x) {
  const Value y = graph.relu(graph.batch_norm(x));
  graph.add_calls(y, 1);  // the Sequential of the two
  return y;
}

Value add_nats_classifier(graph::GraphBuilder& graph, Value x, int classes) {
  return add_classifier(graph, add_nats_activation(graph, x), classes);
}

}  // namespace zcp::spaces
