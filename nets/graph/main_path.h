// The convolutions on a network's main path: what closed formulas of entropy
// are about.
#pragma once

#include <optional>
#include <vector>

#include "nets/graph/graph.h"

namespace zcp::graph {

/// A convolution between the input and the classifier.
struct PathLayer {
  int inputs = 0;  ///< channels that each of its outputs is computed from
  int kernel = 1;  ///< of square windows
  Shape output;
};

/// What computes one output from one input: a macro block, or a residual block
/// or a convolution of a graph without macro blocks.
struct PathUnit {
  std::vector<PathLayer> layers;  ///< at least one, in the order they run
  Shape output() const { return layers.back().output; }
};

/// The units of a graph whose layers run one after another, in that order. Of a
/// sum of a branch and a shortcut (at most one convolution, and fewer than the
/// branch has) the branch is taken; what a gate computes is left out. None
/// where layers run beside each other in other ways, where the graph has layers
/// that are neither convolutions nor what stands between them, and where there
/// is no convolution.
std::optional<std::vector<PathUnit>> main_path(const Graph& graph);

/// The same as stages: units that follow each other with outputs of one height
/// and width are one stage.
std::vector<std::vector<PathUnit>> stages_of(const std::vector<PathUnit>& path);

}  // namespace zcp::graph
