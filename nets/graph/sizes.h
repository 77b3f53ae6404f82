// What a budget may limit of an architecture, from its graph alone.
#pragma once

#include <array>
#include <string_view>

#include "nets/graph/graph.h"

namespace zcp::graph {

/// Numbers of one network for one sample of its input.
struct Sizes {
  double params = 0;  ///< as the benchmark counts them, like the proxy params
  double macs = 0;    ///< likewise, like the proxy macs
  /// Convolutions (transposed ones too) and linear layers on the longest way
  /// from the input to the output. Layers beside that way, pools, BatchNorms
  /// and activations count nothing.
  double depth = 0;
  /// Numbers in the largest output of a node, the input image left out.
  double features = 0;
};

/// The names of the four, as a budget has them.
inline constexpr std::array<std::string_view, 4> kSizeNames{
    "params",
    "macs",
    "depth",
    "features"};

/// Of a functional graph: depth and features are those of what runs. #params
/// and MACs are those of every declared layer.
Sizes sizes_of(const Graph& graph);

}  // namespace zcp::graph
