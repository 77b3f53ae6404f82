#include "nets/graph/sizes.h"

#include <algorithm>
#include <vector>

namespace zcp::graph {
namespace {

bool is_deep(Op op) {
  return op == Op::conv2d || op == Op::conv_transpose2d || op == Op::linear;
}

}  // namespace

Sizes sizes_of(const Graph& graph) {
  Sizes sizes;
  sizes.params = static_cast<double>(graph.params());
  sizes.macs = static_cast<double>(graph.macs());
  const auto nodes = graph.nodes();
  std::vector<int> depth(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    for (const int input : graph.inputs(node)) {
      depth[i] = std::max(depth[i], depth[at_index(input)]);
    }
    if (is_deep(node.op)) ++depth[i];
    if (node.op == Op::input) continue;
    sizes.features =
        std::max(sizes.features, static_cast<double>(node.shape.elements()));
  }
  sizes.depth = depth[at_index(graph.output())];
  return sizes;
}

}  // namespace zcp::graph
