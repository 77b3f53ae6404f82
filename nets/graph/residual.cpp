#include "nets/graph/residual.h"

#include <algorithm>
#include <optional>

namespace zcp::graph {
namespace {

/// The nodes from `start` back along what each layer reads first, up to and
/// with a sum, the input or a concatenation.
std::vector<int> chain_from(const Graph& graph, int start) {
  std::vector<int> chain{start};
  while (true) {
    const Node& node = node_at(graph, chain.back());
    if (node.input_count == 0 || node.op == Op::concat || node.op == Op::add) {
      return chain;
    }
    chain.push_back(graph.inputs(node)[0]);
  }
}

/// The convolutions of a chain up to `end`, in the order in which they run.
std::vector<const Node*>
convolutions(const Graph& graph, const std::vector<int>& chain, int end) {
  std::vector<const Node*> found;
  for (const int index : chain) {
    if (index == end) break;
    if (node_at(graph, index).op == Op::conv2d) {
      found.push_back(&node_at(graph, index));
    }
  }
  std::ranges::reverse(found);
  return found;
}

std::optional<ResidualBlock::Kind> kind_of(
    const std::vector<const Node*>& branch) {
  if (branch.size() == 2) return ResidualBlock::Kind::basic;
  if (branch.size() != 3) return std::nullopt;
  const Attributes& middle = branch[1]->attributes;
  const bool depthwise =
      middle.groups > 1 && middle.groups == middle.out_channels;
  return depthwise ? ResidualBlock::Kind::inverted
                   : ResidualBlock::Kind::bottleneck;
}

std::optional<ResidualBlock> block_of(const Graph& graph, const Node& sum) {
  if (sum.op != Op::add || sum.input_count != 2) return std::nullopt;
  const std::vector<int> one = chain_from(graph, graph.inputs(sum)[0]);
  const std::vector<int> two = chain_from(graph, graph.inputs(sum)[1]);
  const auto fork = std::ranges::find_first_of(one, two);
  if (fork == one.end()) return std::nullopt;
  std::vector<const Node*> shortcut = convolutions(graph, one, *fork);
  std::vector<const Node*> branch = convolutions(graph, two, *fork);
  if (shortcut.size() > branch.size()) std::swap(shortcut, branch);
  const auto kind = kind_of(branch);
  if (!kind || shortcut.size() > 1) return std::nullopt;
  ResidualBlock block{*kind, node_at(graph, *fork).shape.channels, {}, false};
  block.identity = shortcut.empty();
  for (const Node* node : branch) block.widths.push_back(node->shape.channels);
  return block;
}

}  // namespace

std::vector<ResidualBlock> residual_blocks(const Graph& graph) {
  std::vector<ResidualBlock> blocks;
  for (const Node& node : graph.nodes()) {
    if (auto block = block_of(graph, node)) blocks.push_back(std::move(*block));
  }
  return blocks;
}

}  // namespace zcp::graph
