// Layers of AutoDL's networks, which the spaces of NATS-Bench are built of:
// xautodl/models/cell_infers/cells.py and cell_operations.py.
#pragma once

#include "nets/graph/graph.h"
#include "nets/spaces/nats_tss.h"

namespace zcp::spaces {

/// Convolution and BatchNorm without ReLU; a block.
graph::GraphBuilder::Value add_nats_stem(
    graph::GraphBuilder& graph,
    int channels);

/// An InferCell with `channels` at its output; a block. Where these are not its
/// input's, the edges out of node 0 change them: a skip is a 1x1 convolution
/// with BatchNorm, a pool has a ReLU, such a convolution and BatchNorm in
/// front. `affine`: its BatchNorms have scale and shift.
graph::GraphBuilder::Value add_nats_cell(
    graph::GraphBuilder& graph,
    const NatsCell& cell,
    graph::GraphBuilder::Value x,
    int channels,
    bool affine);

/// A ResNet basic block that halves the size; a block.
graph::GraphBuilder::Value add_nats_reduction(
    graph::GraphBuilder& graph,
    graph::GraphBuilder::Value x,
    int channels);

/// BatchNorm, ReLU, global average and a linear layer: the network's output.
graph::GraphBuilder::Value add_nats_classifier(
    graph::GraphBuilder& graph,
    graph::GraphBuilder::Value x,
    int classes);

}  // namespace zcp::spaces
