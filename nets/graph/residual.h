// The residual blocks of a graph.
#pragma once

#include <vector>

#include "nets/graph/graph.h"

namespace zcp::graph {

/// A sum of two values: a branch of two or three convolutions, and a shortcut
/// around it.
struct ResidualBlock {
  enum class Kind : std::uint8_t {
    basic,       ///< two convolutions
    bottleneck,  ///< three
    inverted,    ///< three, the middle one depthwise
  };
  Kind kind;
  int input = 0;            ///< channels that enter
  std::vector<int> widths;  ///< channels that leave each convolution, in order
  bool identity = false;    ///< nothing on the shortcut has weights
};

/// The blocks of a graph in the order in which they run. Sums of anything else
/// are no blocks.
std::vector<ResidualBlock> residual_blocks(const Graph& graph);

}  // namespace zcp::graph
