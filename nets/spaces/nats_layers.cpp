#include "nets/spaces/nats_layers.h"

#include "common/error.h"

namespace zcp::spaces {
namespace {

using Value = graph::GraphBuilder::Value;

Value conv(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride) {
  graph::Attributes a;
  a.out_channels = out;
  a.kernel = kernel;
  a.stride = stride;
  a.padding = kernel / 2;
  return graph.conv2d(x, a);
}

Value relu_conv_bn(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride,
    bool affine = true) {
  // AutoDL's ReLUConvBN has a ReLU inside: two class names with "ReLU".
  const Value active = graph.relu(x, 2);
  const Value y =
      graph.batch_norm(conv(graph, active, out, kernel, stride), affine);
  graph.add_calls(y, 2);  // the Sequential and the ReLUConvBN around it
  return y;
}

Value skip(graph::GraphBuilder& graph, Value x, int out, bool affine) {
  if (graph.shape(x).channels == out) {
    graph.add_calls(x, 1);  // the Identity
    return x;
  }
  const Value y = graph.batch_norm(conv(graph, x, out, 1, 1), affine);
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
  const Shape in = graph.shape(x);
  return graph.zero({out, in.height, in.width});
}

}  // namespace

Value add_nats_stem(graph::GraphBuilder& graph, int channels) {
  const Value x = graph.batch_norm(conv(graph, graph.input(), channels, 3, 1));
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
  std::array<Value, 4> nodes{x};
  std::size_t edge = 0;
  for (int target = 1; target < 4; ++target) {
    std::array<Value, 3> terms{};
    std::size_t count = 0;
    for (; edge < kCellEdges.size() && kCellEdges[edge].target == target;
         ++edge) {
      const Value source =
          nodes[static_cast<std::size_t>(kCellEdges[edge].source)];
      terms[count++] = apply(graph, cell.ops[edge], source, channels, affine);
    }
    nodes[static_cast<std::size_t>(target)] =
        graph.add(std::span(terms).first(count));
  }
  graph.add_calls(nodes[3], 1);  // the InferCell
  graph.end_block(nodes[3]);
  return nodes[3];
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
  const Value b = relu_conv_bn(graph, a, channels, 3, 1);
  const Value pooled = graph.avg_pool(x, 2, 2, 0);
  const Value shortcut = conv(graph, pooled, channels, 1, 1);
  graph.add_calls(shortcut, 1);  // the Sequential of pool and convolution
  const Value sum = graph.add(std::array{b, shortcut});
  graph.add_calls(sum, 1);  // the ResNetBasicblock
  graph.end_block(sum);
  return sum;
}

Value add_nats_classifier(graph::GraphBuilder& graph, Value x, int classes) {
  x = graph.relu(graph.batch_norm(x));
  graph.add_calls(x, 1);  // the Sequential of the last activation
  const Value logits = graph.linear(graph.global_avg_pool(x), classes);
  graph.add_calls(logits, 1);  // the network itself
  return logits;
}

}  // namespace zcp::spaces
