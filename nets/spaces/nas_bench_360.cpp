// NAS-Bench-360: the NATS-TSS cells on NinaPro (the NATS-TSS network) and on
// Darcy flow (a network that keeps the resolution and ends in a linear layer at
// every pixel).
// Tu et al., NeurIPS 2022, https://arxiv.org/abs/2110.05668;
// rtu715/NAS-Bench-360: precompute/*/xautodl/models/cell_infers/
// tiny_network.py; AutoDL-Projects: cell_operations.py.
#include <array>

#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/nats_tss.h"

namespace zcp::spaces {
namespace {

using Value = graph::GraphBuilder::Value;

graph::Attributes window(int out, int kernel) {
  graph::Attributes a;
  a.out_channels = out;
  a.kernel = kernel;
  a.padding = kernel / 2;
  return a;
}

Value relu_conv_bn(
    graph::GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    bool affine) {
  // AutoDL's ReLUConvBN has a ReLU inside: two class names with "ReLU".
  const Value active = graph.relu(x, 2);
  const Value y =
      graph.batch_norm(graph.conv2d(active, window(out, kernel)), affine);
  graph.add_calls(y, 2);  // the Sequential and the ReLUConvBN around it
  return y;
}

/// An edge of a cell whose first node may have other channels than the rest.
Value apply(
    graph::GraphBuilder& graph,
    CellOp op,
    Value x,
    int out,
    bool affine) {
  Shape shape = graph.shape(x);
  const bool widens = shape.channels != out;
  switch (op) {
    case CellOp::none:
      shape.channels = out;
      return graph.zero(shape);
    case CellOp::skip_connect: {
      // AutoDL's FactorizedReduce of stride 1 has no ReLU.
      const Value y =
          widens ? graph.batch_norm(graph.conv2d(x, window(out, 1)), affine)
                 : x;
      graph.add_calls(y, 1);  // the FactorizedReduce or the Identity
      return y;
    }
    case CellOp::nor_conv_1x1:
      return relu_conv_bn(graph, x, out, 1, affine);
    case CellOp::nor_conv_3x3:
      return relu_conv_bn(graph, x, out, 3, affine);
    case CellOp::avg_pool_3x3:
      break;
  }
  const Value same = widens ? relu_conv_bn(graph, x, out, 1, affine) : x;
  const Value pooled = graph.avg_pool(same, 3, 1, 1);
  graph.add_calls(pooled, 1);  // the POOLING around AvgPool2d
  return pooled;
}

Value add_cell(
    graph::GraphBuilder& graph,
    const NatsCell& cell,
    Value x,
    int out,
    bool affine) {
  std::array<Value, 4> nodes{x};
  std::size_t edge = 0;
  for (std::size_t target = 1; target < nodes.size(); ++target) {
    std::array<Value, 3> terms{};
    for (std::size_t source = 0; source < target; ++source) {
      terms[source] =
          apply(graph, cell.ops[edge++], nodes[source], out, affine);
    }
    nodes[target] = graph.add(std::span(terms).first(target));
  }
  graph.add_calls(nodes[3], 1);  // the InferCell
  graph.end_block(nodes[3]);
  return nodes[3];
}

class NasBench360 final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info = [this] {
      SpaceInfo own = cells_->info();
      own.name = "nas-bench-360";
      own.summary =
          "NAS-Bench-360: the cells of nats-tss on NinaPro, and on Darcy flow "
          "at full resolution";
      own.paper = "https://arxiv.org/abs/2110.05668";
      own.tasks = {"ninapro", "darcy-flow"};
      return own;
    }();
    return info;
  }

  std::string spec(std::int64_t index) const override {
    return cells_->spec(index);
  }

  std::string normalise(std::string_view spec) const override {
    return cells_->normalise(spec);
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    return cells_->mutate(spec, seed);
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    if (output.head == Head::classes) {
      return cells_->build(spec, input, output, skeleton, folding);
    }
    if (output.head != Head::pixels) {
      throw UserError(
          "nas-bench-360: its networks classify, or give numbers for every "
          "pixel; expected a task of one of the two kinds");
    }
    const NatsCell cell = parse_nats_cell(spec);
    const int channels = skeleton.channels > 0 ? skeleton.channels : 16;
    const int cells =
        skeleton.cells_per_stage > 0 ? skeleton.cells_per_stage : 5;
    graph::GraphBuilder graph(input, folding);
    Value x =
        graph.batch_norm(graph.conv2d(graph.input(), window(channels, 3)));
    graph.add_calls(x, 1);  // the Sequential of the stem
    graph.end_block(x);
    for (int stage = 0; stage < 3; ++stage) {
      // A cell that widens stands where the NATS-TSS network has a reduction.
      const int here = stage > 0 ? cells + 1 : cells;
      for (int i = 0; i < here; ++i) {
        x = add_cell(graph, cell, x, channels << stage, skeleton.affine);
      }
    }
    x = graph.relu(graph.batch_norm(x));
    graph.add_calls(x, 1);  // the Sequential of the last activation
    const Value numbers = graph.pixel_linear(x, output.channels);
    graph.add_calls(numbers, 1);  // the network itself
    return std::move(graph).finish(numbers);
  }

 private:
  std::unique_ptr<const Space> cells_ = make_nats_tss();
};

}  // namespace

std::unique_ptr<const Space> make_nas_bench_360() {
  return std::make_unique<NasBench360>();
}

}  // namespace zcp::spaces
