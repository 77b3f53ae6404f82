#include "nets/networks/graph_plan.h"

#include <algorithm>
#include <utility>

namespace zcp::networks {
namespace {

std::vector<bool> live_nodes(const graph::Graph& graph) {
  std::vector<bool> live(graph.nodes().size(), false);
  live[graph::at_index(graph.output())] = true;
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    if (!live[i]) continue;
    for (const int input : graph.inputs(graph.nodes()[i])) {
      live[graph::at_index(input)] = true;
    }
  }
  return live;
}

/// A node belongs to the first block whose output depends on it, or to the one
/// after what it reads where no block's output does.
std::vector<int> block_numbers(const graph::Graph& graph) {
  constexpr int kNone = -1;
  std::vector<int> number(graph.nodes().size(), kNone);
  std::vector<int> blocks(graph.blocks().begin(), graph.blocks().end());
  const auto repeated = graph.repeated_blocks();
  blocks.insert(blocks.end(), repeated.begin(), repeated.end());
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    if (blocks[k] < 0) continue;
    const std::size_t b = k % graph.blocks().size();
    std::vector<int> pending{blocks[k]};
    while (!pending.empty()) {
      const int node = pending.back();
      pending.pop_back();
      if (number[graph::at_index(node)] != kNone) continue;
      number[graph::at_index(node)] = static_cast<int>(b);
      for (const int input :
           graph.inputs(graph.nodes()[graph::at_index(node)])) {
        pending.push_back(input);
      }
    }
  }
  std::vector<bool> ends(graph.nodes().size(), false);
  for (const int block : blocks) {
    if (block >= 0) ends[graph::at_index(block)] = true;
  }
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (number[i] != kNone) continue;
    number[i] = 0;
    for (const int input : graph.inputs(graph.nodes()[i])) {
      const int after = number[graph::at_index(input)] +
                        (ends[graph::at_index(input)] ? 1 : 0);
      number[i] = std::max(number[i], after);
    }
  }
  return number;
}

/// Lists the parameters of a graph in the order in which its nodes run.
class ParameterLister {
 public:
  explicit ParameterLister(GraphPlan& plan)
      : plan_(plan), of_layer_(plan.graph.layers().size()) {
    plan_.slots.resize(plan.graph.nodes().size());
  }

  void list() {
    for (std::size_t i = 0; i < plan_.slots.size(); ++i) {
      const int layer = plan_.graph.nodes()[i].layer;
      if (layer < 0) continue;
      ParameterSlots& slots = of_layer_[graph::at_index(layer)];
      // Others have their parameters from the first run of their layer.
      if (slots.weight < 0) slots = add_node(static_cast<int>(i));
      plan_.slots[i] = slots;
    }
  }

 private:
  ParameterSlots add_node(int number) {
    const graph::Graph& graph = plan_.graph;
    const graph::Node& node = graph.nodes()[graph::at_index(number)];
    const graph::Attributes& a = node.attributes;
    const std::int64_t in =
        graph.nodes()[graph::at_index(graph.inputs(node)[0])].shape.channels;
    const std::int64_t out = a.out_channels;
    const std::int64_t kernel = a.window.kernel;
    switch (node.op) {
      case graph::Op::conv2d:
        return {
            add(number,
                ParameterKind::conv_weight,
                {out, in / a.groups, kernel, kernel}),
            a.bias ? add(number, ParameterKind::bias, {out}) : -1};
      case graph::Op::conv_transpose2d:
        return {
            add(number,
                ParameterKind::transposed_weight,
                {in, out, kernel, kernel}),
            a.bias ? add(number, ParameterKind::bias, {out}) : -1};
      case graph::Op::linear:
        return {
            add(number, ParameterKind::linear_weight, {out, in}),
            add(number, ParameterKind::bias, {out})};
      case graph::Op::batch_norm:
        if (!a.affine) return {};
        return {
            add(number, ParameterKind::norm_scale, {in}),
            add(number, ParameterKind::norm_shift, {in})};
      default:
        return {};
    }
  }

  int add(int node, ParameterKind kind, std::vector<std::int64_t> sizes) {
    const int layer = plan_.graph.nodes()[graph::at_index(node)].layer;
    const bool second =
        kind == ParameterKind::bias || kind == ParameterKind::norm_shift;
    plan_.parameters.push_back(
        {node,
         kind,
         std::move(sizes),
         std::to_string(layer) + (second ? ".bias" : ".weight"),
         2 * layer + (second ? 1 : 0)});
    return static_cast<int>(plan_.parameters.size()) - 1;
  }

  GraphPlan& plan_;
  std::vector<ParameterSlots> of_layer_;
};

}  // namespace

GraphPlan plan_graph(const graph::Graph& graph) {
  GraphPlan plan;
  plan.graph = graph;
  ParameterLister(plan).list();
  plan.done_after = graph::done_after_each(graph, [&](int i) {
    return graph.inputs(graph.nodes()[graph::at_index(i)]);
  });
  plan.live = live_nodes(graph);
  plan.block = block_numbers(graph);
  plan.fusion = graph::fuse(graph);
  plan.device_fusion = graph::fuse_for_devices(graph);
  return plan;
}

LayerKind layer_kind(graph::Op op) {
  switch (op) {
    case graph::Op::conv2d:
      return LayerKind::conv;
    case graph::Op::linear:
      return LayerKind::linear;
    case graph::Op::batch_norm:
      return LayerKind::batch_norm;
    case graph::Op::relu:
      return LayerKind::relu;
    case graph::Op::avg_pool:
    case graph::Op::max_pool:
    case graph::Op::global_avg_pool:
      return LayerKind::pool;
    case graph::Op::add:
      return LayerKind::sum;
    case graph::Op::leaky_relu:
      return LayerKind::smooth_activation;
    case graph::Op::tanh:
    case graph::Op::sigmoid:
      return LayerKind::bounded_activation;
    default:
      return LayerKind::other;
  }
}

}  // namespace zcp::networks
