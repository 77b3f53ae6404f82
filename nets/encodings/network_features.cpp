#include <algorithm>
#include <array>
#include <cmath>

#include "common/parallel.h"
#include "nets/encodings/features.h"
#include "nets/graph/residual.h"

namespace zcp::encodings {
namespace {

using graph::Graph;
using graph::Node;
using graph::Op;

constexpr std::array<const char*, 11> kNames{
    "log_params",
    "log_macs",
    "convolutions",
    "depth",
    "log_paths",
    "sums",
    "pools",
    "mean_width",
    "nn_degree",
    "degree",
    "log_kernel_macs"};
using Row = std::array<double, kNames.size()>;

bool has_weights(Op op) {
  return op == Op::conv2d || op == Op::conv_transpose2d || op == Op::linear;
}

/// FLASH's NN-Degree: a residual block's mean width plus its skipped channels
/// a unit (width times depth); proxies/definitions/nn_degree.cpp.
double nn_degree(const Graph& network) {
  double sum = 0;
  for (const graph::ResidualBlock& block : graph::residual_blocks(network)) {
    double channels = 0;
    for (const int width : block.widths) channels += width;
    const bool skips =
        block.identity || block.kind != graph::ResidualBlock::Kind::inverted;
    sum += channels / static_cast<double>(block.widths.size());
    if (skips) sum += block.input / channels;
  }
  return sum;
}

Row features_of(const Graph& network) {
  const std::span<const Node> nodes = network.nodes();
  std::vector<double> depth(nodes.size(), 0);
  // Sums of paths as logarithms: a deep network has more than fit a double.
  std::vector<double> paths(nodes.size(), 0);
  Row row{};
  double edges = 0;
  double width = 0;
  for (std::size_t v = 0; v < nodes.size(); ++v) {
    double deepest = 0;
    double log_sum = -1;
    for (const int input : network.inputs(nodes[v])) {
      const auto from = static_cast<std::size_t>(input);
      deepest = std::max(deepest, depth[from]);
      const double high = std::max(log_sum, paths[from]);
      const double low = std::min(log_sum, paths[from]);
      log_sum =
          log_sum < 0 ? paths[from] : high + std::log1p(std::exp(low - high));
      edges += 1;
    }
    paths[v] = std::max(log_sum, 0.0);
    depth[v] = deepest + (has_weights(nodes[v].op) ? 1 : 0);
    if (nodes[v].op == Op::conv2d) {
      row[2] += 1;
      width += nodes[v].attributes.out_channels;
    }
    if (nodes[v].op == Op::add) row[5] += 1;
    if (nodes[v].op == Op::avg_pool || nodes[v].op == Op::max_pool) row[6] += 1;
  }
  double wide = 0;  // MACs of convolutions of more than one pixel
  for (const graph::Layer& layer : network.layers()) {
    if (layer.op == Op::conv2d && layer.attributes.window.kernel > 1) {
      wide += static_cast<double>(layer.macs);
    }
  }
  const auto output = static_cast<std::size_t>(network.output());
  row[0] = std::log1p(static_cast<double>(network.params()));
  row[1] = std::log1p(static_cast<double>(network.macs()));
  row[3] = depth[output];
  row[4] = paths[output];
  row[7] = row[2] > 0 ? width / row[2] : 0;
  row[8] = nn_degree(network);
  row[9] = edges / static_cast<double>(nodes.size());
  row[10] = std::log1p(wide);
  return row;
}

}  // namespace

std::vector<Feature> network_features(
    const spaces::Space& space,
    std::span<const std::string> specs,
    Shape input,
    const Output& output) {
  std::vector<Feature> features;
  for (const char* name : kNames) {
    features.push_back({name, std::vector<double>(specs.size())});
  }
  parallel_for(
      specs.size(),
      [&](std::size_t i) {
        const Row row = features_of(space.build(specs[i], input, output));
        for (std::size_t f = 0; f < row.size(); ++f) {
          features[f].values[i] = row[f];
        }
      },
      {.chunk = 8});
  return features;
}

}  // namespace zcp::encodings
