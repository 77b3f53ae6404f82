#include "nets/spaces/transformer_layers.h"

#include <array>

namespace zcp::spaces {

Value layer_norm(graph::GraphBuilder& graph, Value x) {
  const Shape in = graph.shape(x);
  return graph.counted_layer(
      graph::Op::layer_norm,
      {},
      std::array{x},
      in,
      2 * std::int64_t{in.channels},
      0);
}

Value gelu(graph::GraphBuilder& graph, Value x) {
  return graph.counted_layer(
      graph::Op::gelu, {}, std::array{x}, graph.shape(x), 0, 0);
}

Value attention(
    graph::GraphBuilder& graph,
    Value x,
    int features,
    int heads,
    std::int64_t params,
    std::int64_t more_macs) {
  const Shape in = graph.shape(x);
  const std::int64_t tokens = std::int64_t{in.height} * in.width;
  graph::Attributes a;
  a.out_channels = features;
  a.groups = heads;
  return graph.counted_layer(
      graph::Op::attention,
      a,
      std::array{x},
      {features, in.height, in.width},
      params,
      2 * tokens * tokens * features + more_macs);
}

Value embedding(
    graph::GraphBuilder& graph,
    Value x,
    Shape out,
    std::int64_t params) {
  graph::Attributes a;
  a.out_channels = out.channels;
  return graph.counted_layer(
      graph::Op::embedding, a, std::array{x}, out, params, 0);
}

Value rearranged(
    graph::GraphBuilder& graph,
    std::span<const Value> from,
    Shape out,
    int kind) {
  graph::Attributes a;
  a.offset = kind;
  return graph.counted_layer(graph::Op::rearrange, a, from, out, 0, 0);
}

Value add_transformer_block(
    graph::GraphBuilder& graph,
    Value x,
    const TransformerBlock& block) {
  const Shape in = graph.shape(x);
  const std::int64_t tokens = std::int64_t{in.height} * in.width;
  const std::int64_t relative =
      4 * std::int64_t{block.relative} * (block.inner / block.heads);
  // A table's rows are multiplied by the queries, another's by the weights.
  const std::int64_t relative_macs =
      block.relative > 0 ? 2 * tokens * tokens * block.inner : 0;
  Value y = graph.pixel_linear(layer_norm(graph, x), 3 * block.inner);
  y = attention(graph, y, block.inner, block.heads, relative, relative_macs);
  x = graph.add(std::array{x, graph.pixel_linear(y, in.channels)});
  y = gelu(graph, graph.pixel_linear(layer_norm(graph, x), block.hidden));
  x = graph.add(std::array{x, graph.pixel_linear(y, in.channels)});
  graph.end_block(x);
  return x;
}

}  // namespace zcp::spaces
