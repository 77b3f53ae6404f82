// Layers of AutoDL's networks, which the spaces of NATS-Bench and NAS-Bench-360
// are built of: xautodl/models/cell_infers/cells.py and cell_operations.py.
#pragma once

#include "nets/graph/graph.h"
#include "nets/spaces/layers.h"
#include "nets/spaces/nats_tss.h"

namespace zcp::spaces {

/// Convolution and BatchNorm without ReLU; a block.
Value add_nats_stem(graph::GraphBuilder& graph, int channels);

/// An InferCell with `channels` at its output; a block. Where these are not its
/// input's, the edges out of node 0 change them: a skip is a 1x1 convolution
/// with BatchNorm, a pool has a ReLU, such a convolution and BatchNorm in
/// front. `affine`: whether its BatchNorms have scale and shift.
Value add_nats_cell(
    graph::GraphBuilder& graph,
    const NatsCell& cell,
    Value x,
    int channels,
    bool affine);

/// A ResNet basic block that halves the map; a block.
/// Throws UserError where height or width is odd.
Value add_nats_reduction(graph::GraphBuilder& graph, Value x, int channels);

/// BatchNorm and ReLU after the last cell.
Value add_nats_activation(graph::GraphBuilder& graph, Value x);

/// The same, global average and a linear layer: the network's output.
Value add_nats_classifier(graph::GraphBuilder& graph, Value x, int classes);

}  // namespace zcp::spaces
