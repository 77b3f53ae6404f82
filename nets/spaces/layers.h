// Layers that the networks of several spaces are built of.
#pragma once

#include <functional>

#include "nets/graph/graph.h"

namespace zcp::spaces {

using Value = graph::GraphBuilder::Value;

/// A convolution without bias whose padding is half its kernel, so that the
/// map keeps its size but for the stride.
graph::Attributes
convolution(int out, int kernel, int stride = 1, int groups = 1);

/// Such a convolution and BatchNorm.
Value conv_bn(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride = 1,
    int groups = 1);

/// ReLUConvBN of DARTS, AutoDL and TransNAS-Bench: ReLU, convolution and
/// BatchNorm, which has scale and shift where `affine` says so.
Value relu_conv_bn(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride = 1,
    bool affine = true);

/// FactorizedReduce of the same: after a ReLU two 1x1 convolutions to half of
/// the channels each, the second on a map shifted by a pixel; side by side,
/// then BatchNorm.
Value factorized_reduce(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int stride);

/// Zeros in place of a layer of `out` channels and this stride on `x`.
Value zeros_after(graph::GraphBuilder& graph, Value x, int out, int stride);

/// A cell of four nodes, of which the first is `x` and every other one is the
/// sum of an edge from each node before it. `add_edge` declares an edge: it is
/// given the edge's number (1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2) and the number
/// and the value of the node that it comes from. Returns the last node.
Value add_four_node_cell(
    graph::GraphBuilder& graph,
    Value x,
    const std::function<Value(std::size_t edge, int source, Value from)>&
        add_edge);

/// Global average pool and linear layer to `classes` logits: the end of a
/// network, whose own module call is counted here.
Value add_classifier(graph::GraphBuilder& graph, Value x, int classes);

}  // namespace zcp::spaces
