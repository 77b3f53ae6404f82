// DARTS cells: four nodes of two edges each, a normal and a reduction cell.
// Structure: Liu et al., ICLR 2019, https://arxiv.org/abs/1806.09055;
// quark0/darts, cnn/model.py and operations.py (NetworkCIFAR without auxiliary
// head and drop-path). NAS-Bench-301, https://arxiv.org/abs/2008.09777, trains
// it with 32 channels and 8 cells.
#include <array>
#include <vector>

#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/darts_genotype.h"
#include "nets/spaces/layers.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {
namespace {

using darts::Cell;
using darts::Edge;
using darts::EdgeOp;
using darts::Genotype;
using darts::kNodes;
using darts::kOps;

/// ReLU, a depthwise convolution, a pointwise one and BatchNorm.
Value separable(
    graph::GraphBuilder& graph,
    Value x,
    int kernel,
    int stride,
    int dilation,
    bool affine) {
  const int channels = graph.shape(x).channels;
  graph::Attributes depthwise = convolution(channels, kernel, stride, channels);
  depthwise.window.padding = dilation * (kernel / 2);
  depthwise.window.dilation = dilation;
  const Value y = graph.conv2d(graph.relu(x), depthwise);
  return graph.batch_norm(graph.conv2d(y, convolution(channels, 1)), affine);
}

class Builder {
 public:
  Builder(graph::GraphBuilder& graph, bool affine)
      : graph_(graph), affine_(affine) {}

  Value add_cell(
      const Cell& cell,
      Value previous,
      Value last,
      int channels,
      bool reduction,
      bool after_reduction) {
    std::array<Value, 2 + kNodes> states{};
    states[0] = after_reduction
                    ? factorized_reduce(graph_, previous, channels, 2)
                    : relu_conv_bn(graph_, previous, channels, 1);
    states[1] = relu_conv_bn(graph_, last, channels, 1);
    for (std::size_t node = 0; node < kNodes; ++node) {
      std::array<Value, 2> terms{};
      for (std::size_t k = 0; k < 2; ++k) {
        const Edge& edge = cell[2 * node + k];
        const int stride = reduction && edge.source < 2 ? 2 : 1;
        terms[k] = apply(
            edge.op, states[static_cast<std::size_t>(edge.source)], stride);
      }
      states[2 + node] = graph_.add(terms);
    }
    const Value out = graph_.concat(std::span(states).last(kNodes));
    graph_.add_calls(out, 1);  // the Cell
    graph_.end_block(out);
    return out;
  }

 private:
  Value apply(EdgeOp op, Value x, int stride) {
    switch (op) {
      case EdgeOp::none:
        return zeros_after(graph_, x, graph_.shape(x).channels, stride);
      case EdgeOp::max_pool:
        return graph_.max_pool(x, 3, stride, 1);
      case EdgeOp::avg_pool:
        return graph_.avg_pool(x, 3, stride, 1);
      case EdgeOp::skip:
        if (stride == 2) {
          return factorized_reduce(graph_, x, graph_.shape(x).channels, stride);
        }
        graph_.add_calls(x, 1);  // the Identity
        return x;
      case EdgeOp::sep_3:
        return sep_conv(x, 3, stride);
      case EdgeOp::sep_5:
        return sep_conv(x, 5, stride);
      case EdgeOp::dil_3:
        return dil_conv(x, 3, stride);
      case EdgeOp::dil_5:
        break;
    }
    return dil_conv(x, 5, stride);
  }

  Value sep_conv(Value x, int kernel, int stride) {
    const Value half = separable(graph_, x, kernel, stride, 1, affine_);
    const Value y = separable(graph_, half, kernel, 1, 1, affine_);
    graph_.add_calls(y, 2);  // the Sequential and the SepConv around it
    return y;
  }

  Value dil_conv(Value x, int kernel, int stride) {
    const Value y = separable(graph_, x, kernel, stride, 2, affine_);
    graph_.add_calls(y, 2);  // the Sequential and the DilConv around it
    return y;
  }

  graph::GraphBuilder& graph_;
  bool affine_;
};

class Darts final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "darts",
        "DARTS genotypes on NAS-Bench-301's network: 32 channels, 8 cells",
        "normal:E,E|E,E|E,E|E,E;reduce:E,E|E,E|E,E|E,E with an edge E = OP~SRC "
        "(SRC 0 and 1: the cell's inputs, 2 to 4: its nodes), OP one of "
        "max_pool_3x3, avg_pool_3x3, skip_connect, sep_conv_3x3, sep_conv_5x5, "
        "dil_conv_3x3, dil_conv_5x5, none; or Python's Genotype(normal=[...; "
        "or "
        "NASLib's tuple (((SRC, OP), ...), ((SRC, OP), ...)), OP from 0",
        "normal:sep_conv_3x3~0,sep_conv_3x3~1|sep_conv_3x3~0,sep_conv_3x3~1|"
        "sep_conv_3x3~1,skip_connect~0|skip_connect~0,dil_conv_3x3~2;"
        "reduce:max_pool_3x3~0,max_pool_3x3~1|skip_connect~2,max_pool_3x3~1|"
        "max_pool_3x3~0,skip_connect~2|skip_connect~2,max_pool_3x3~1",
        "https://arxiv.org/abs/2008.09777",
        darts::space_size(),
        {"cifar10"}};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    return darts::format(darts::genotype_at(index));
  }

  std::string normalise(std::string_view spec) const override {
    return darts::format(darts::parse(spec));
  }

  /// Another operation or another input at one of the 16 edges.
  std::vector<int> choices() const override { return darts::choices(); }

  std::vector<int> options_of(std::string_view spec) const override {
    const auto options = darts::options_of(darts::parse(spec));
    if (!options) {
      throw UserError(
          "spec '{}': a node reads one input twice or has the operation none, "
          "which no numbered genotype has",
          spec);
    }
    return *options;
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    Genotype genotype = darts::parse(spec);
    const auto place = static_cast<std::size_t>(
        draw_integer(2 * std::ssize(genotype.normal), seed));
    Cell& cell =
        place < genotype.normal.size() ? genotype.normal : genotype.reduce;
    const std::size_t edge = place % cell.size();
    const std::vector<Edge> others = changed_edges(cell, edge);
    cell[edge] = others[static_cast<std::size_t>(
        draw_integer(std::ssize(others), seed, "edge"))];
    return darts::format(genotype);
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes("darts", output);
    const Genotype genotype = darts::parse(spec);
    int channels = skeleton.channels_or(32);
    if (channels % 2 != 0) {
      throw UserError("--channels {}: darts needs an even number", channels);
    }
    // Reductions at a third and two thirds: 2 normal cells in each of three
    // stages make 8.
    const int normal = skeleton.cells_or(2);
    const int cells = 3 * normal + 2;
    graph::GraphBuilder graph(input, folding);
    Builder builder(graph, skeleton.affine);
    Value last = conv_bn(graph, graph.input(), 3 * channels, 3);
    graph.add_calls(last, 1);  // the Sequential of the stem
    graph.end_block(last);
    Value previous = last;
    bool after_reduction = false;
    for (int i = 0; i < cells; ++i) {
      const bool reduction = i == cells / 3 || i == 2 * cells / 3;
      if (reduction) channels *= 2;
      const Value out = builder.add_cell(
          reduction ? genotype.reduce : genotype.normal,
          previous,
          last,
          channels,
          reduction,
          after_reduction);
      previous = last;
      last = out;
      after_reduction = reduction;
    }
    const Value logits = add_classifier(graph, last, output.channels);
    return std::move(graph).finish(logits);
  }

 private:
  static std::vector<Edge> changed_edges(const Cell& cell, std::size_t edge) {
    const Edge old = cell[edge];
    const Edge partner = cell[edge ^ 1U];
    std::vector<Edge> others;
    for (int op = 1; op <= kOps; ++op) {
      const Edge other{static_cast<EdgeOp>(op), old.source};
      if (other.op != old.op) others.push_back(other);
    }
    for (int source = 0; source < darts::sources(edge); ++source) {
      if (source != old.source && source != partner.source) {
        others.push_back({old.op, source});
      }
    }
    return others;
  }
};

}  // namespace

std::unique_ptr<const Space> make_darts() {
  return std::make_unique<Darts>();
}

}  // namespace zcp::spaces
