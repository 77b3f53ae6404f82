// Layers of AutoDL's networks, which the spaces of NATS-Bench are built of:
// xautodl/models/cell_infers/cells.py and cell_operations.py.
#pragma once

#include "nets/graph/graph.h"
#include "nets/spaces/nats_tss.h"

namespace zcp::nets {

/// Convolution and BatchNorm without ReLU; a block.
GraphBuilder::Value add_nats_stem(GraphBuilder& graph, int channels);

/// An InferCell with `channels` at its output; a block. Where these are not its
/// input's, the edges out of node 0 change them: a skip is a 1x1 convolution
/// with BatchNorm, a pool has a ReLU, such a convolution and BatchNorm in
/// front. `affine`: its BatchNorms have scale and shift.
GraphBuilder::Value add_nats_cell(
    GraphBuilder& graph,
    const NatsCell& cell,
    GraphBuilder::Value x,
    int channels,
    bool affine);

/// A ResNet basic block that halves the size; a block.
GraphBuilder::Value
add_nats_reduction(GraphBuilder& graph, GraphBuilder::Value x, int channels);

/// BatchNorm, ReLU, global average and a linear layer: the network's output.
GraphBuilder::Value
add_nats_classifier(GraphBuilder& graph, GraphBuilder::Value x, int classes);

}  // namespace zcp::nets
