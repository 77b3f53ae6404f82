// NAS-Bench-360: the NATS-TSS cells on NinaPro (the NATS-TSS network) and on
// Darcy flow (a network that keeps the resolution and ends in a linear layer at
// every pixel).
// Tu et al., NeurIPS 2022, https://arxiv.org/abs/2110.05668;
// rtu715/NAS-Bench-360: precompute/*/xautodl/models/cell_infers/
// tiny_network.py; AutoDL-Projects: cell_operations.py.
#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/nats_layers.h"

namespace zcp::spaces {
namespace {

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

  std::vector<int> choices() const override { return cells_->choices(); }

  std::vector<int> options_of(std::string_view spec) const override {
    return cells_->options_of(spec);
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
    const int channels = skeleton.channels_or(16);
    const int cells = skeleton.cells_or(5);
    graph::GraphBuilder graph(input, folding);
    Value x = add_nats_stem(graph, channels);
    for (int stage = 0; stage < 3; ++stage) {
      // A cell that widens stands where the NATS-TSS network has a reduction.
      const int here = stage > 0 ? cells + 1 : cells;
      for (int i = 0; i < here; ++i) {
        x = add_nats_cell(graph, cell, x, channels << stage, skeleton.affine);
      }
    }
    const Value numbers =
        graph.pixel_linear(add_nats_activation(graph, x), output.channels);
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
