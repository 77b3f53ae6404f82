#include "nets/spaces/layers.h"

#include <array>
#include <span>

namespace zcp::spaces {

graph::Attributes convolution(int out, int kernel, int stride, int groups) {
  graph::Attributes a;
  a.out_channels = out;
  a.window = {kernel, stride, kernel / 2};
  a.groups = groups;
  return a;
}

Value conv_bn(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride,
    int groups) {
  return graph.batch_norm(
      graph.conv2d(x, convolution(out, kernel, stride, groups)));
}

Value relu_conv_bn(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride,
    bool affine) {
  // ReLUConvBN around a ReLU: two class names with "ReLU".
  const Value active = graph.relu(x, 2);
  const Value y = graph.batch_norm(
      graph.conv2d(active, convolution(out, kernel, stride)), affine);
  graph.add_calls(y, 2);  // the Sequential and the ReLUConvBN around it
  return y;
}

Value factorized_reduce(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int stride) {
  const Value active = graph.relu(x);
  const graph::Attributes half = convolution(out / 2, 1, stride);
  const Value a = graph.conv2d(active, half);
  const Value b = graph.conv2d(graph.shift(active), half);
  const Value y = graph.batch_norm(graph.concat(std::array{a, b}));
  graph.add_calls(y, 1);  // the FactorizedReduce
  return y;
}

Value zeros_after(graph::GraphBuilder& graph, Value x, int out, int stride) {
  const Shape in = graph.shape(x);
  return graph.zero(
      {out,
       (in.height + stride - 1) / stride,
       (in.width + stride - 1) / stride});
}

Value add_four_node_cell(
    graph::GraphBuilder& graph,
    Value x,
    const std::function<Value(std::size_t edge, int source, Value from)>&
        add_edge) {
  std::array<Value, 4> nodes{x};
  std::size_t edge = 0;
  for (std::size_t target = 1; target < nodes.size(); ++target) {
    std::array<Value, 3> terms{};
    for (std::size_t source = 0; source < target; ++source) {
      terms[source] = add_edge(edge++, static_cast<int>(source), nodes[source]);
    }
    nodes[target] = graph.add(std::span(terms).first(target));
  }
  return nodes.back();
}

Value add_classifier(graph::GraphBuilder& graph, Value x, int classes) {
  const Value logits = graph.linear(graph.global_avg_pool(x), classes);
  graph.add_calls(logits, 1);  // the network itself
  return logits;
}

}  // namespace zcp::spaces
