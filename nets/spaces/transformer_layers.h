// Layers that transformers are built of, as they are counted: networks run the
// programs of transformer_program.h. Values are {features, tokens, 1}.
#pragma once

#include <cstdint>
#include <span>

#include "nets/graph/graph.h"
#include "nets/spaces/layers.h"

namespace zcp::spaces {

/// Scale and shift of each feature.
Value layer_norm(graph::GraphBuilder& graph, Value x);

Value gelu(graph::GraphBuilder& graph, Value x);

/// Softmax of the scaled products of queries and keys, times the values:
/// 2 * tokens^2 * features MACs. `x` holds queries, keys and values side by
/// side, `features` each.
Value attention(
    graph::GraphBuilder& graph,
    Value x,
    int features,
    int heads,
    std::int64_t params = 0,
    std::int64_t more_macs = 0);

/// Parameters that are added to `x`, or stand in front of it.
Value embedding(
    graph::GraphBuilder& graph,
    Value x,
    Shape out,
    std::int64_t params);

/// Values that are put together or taken apart otherwise.
Value rearranged(
    graph::GraphBuilder& graph,
    std::span<const Value> from,
    Shape out,
    int kind = 0);

/// What tells one block of a vision transformer from another.
struct TransformerBlock {
  int heads = 1;
  int inner = 0;   ///< features of all heads
  int hidden = 0;  ///< width of the feed-forward layer
  /// Rows of each table of relative positions, of the features of a head: a
  /// vertical and a horizontal one, for keys and for values; 0: there are none.
  int relative = 0;
  double epsilon = 1e-6;  ///< of LayerNorm
};

/// x += projection(attention(norm(x))); x += fc2(gelu(fc1(norm(x)))); a block.
Value add_transformer_block(
    graph::GraphBuilder& graph,
    Value x,
    const TransformerBlock& block);

}  // namespace zcp::spaces
