// Numbers that describe the graphs of many architectures, column by column.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/output.h"
#include "nets/encodings/cell_graph.h"

namespace zcp::encodings {

/// A number an architecture, none of them NaN.
struct Feature {
  std::string name;
  std::vector<double> values;
};

/// Moves features behind the columns of `to`, whatever has columns and values.
template <typename Columns>
void append_features(std::vector<Feature> features, Columns& to) {
  for (Feature& feature : features) {
    to.columns.push_back(std::move(feature.name));
    to.values.push_back(std::move(feature.values));
  }
}

/// The graphs of a pool of architectures: [architecture][graph].
using GraphPool = std::vector<std::vector<CellGraph>>;

/// The graphs of every spec, in order. Throws UserError for an ill-formed spec.
GraphPool graph_pool(
    const spaces::Space& space,
    std::span<const std::string> specs);

/// GRAF's features (Kadlecova et al., 2024; gabikadlecova/GRAF:
/// graf_nas/features/base.py) of each graph: how often each operation occurs
/// and, for each set S of operations, how many operations the shortest and the
/// longest path from input to output have that use S alone (the most nodes of
/// the pool, and 0, where there is no such path), how many operations of S
/// read the input and are read by the output, and how many there are a vertex.
/// All sets up to six operations, for more the single ones, the pairs and the
/// sets without one. GRAF lists the last number twice (as average in- and
/// out-degree); here it stands once.
std::vector<Feature> graf_features(
    const GraphPool& pool,
    const std::vector<std::string>& names);

/// What remains when `none` and the operations off all paths are left out: how
/// often each operation occurs, how often where it only has to reach the
/// output, the number of paths, and for each operation (and all convolutions
/// together) the most, the fewest, the mean and the sum over the paths of how
/// often it occurs on them; -1, -1, -1 and 0 without a path. Sums of sizes by
/// place where nodes have sizes.
std::vector<Feature> live_features(
    const GraphPool& pool,
    const std::vector<std::string>& names);

/// Of the network for `input`: logarithms of #params and MACs, the
/// convolutions, the longest path in layers with weights, the logarithm of the
/// number of paths, sums, pools, the mean width, FLASH's NN-Degree (see
/// proxies/definitions/nn_degree.cpp), and the mean degree. Built on all cores.
std::vector<Feature> network_features(
    const spaces::Space& space,
    std::span<const std::string> specs,
    Shape input,
    const Output& output);

/// How often each operation but `none` occurs in each graph.
std::vector<Feature> operation_counts(
    const GraphPool& pool,
    const std::vector<std::string>& names);

/// One-hot operations by place and the upper triangle of the adjacency matrix,
/// and the sizes by place, of each graph, padded to the largest of the pool.
/// Places that no two architectures differ in are left out.
std::vector<Feature> adjacency_encoding(
    const GraphPool& pool,
    const std::vector<std::string>& names);

/// A bit for each sequence of operations on a path from input to output
/// (White, Neiswanger, Savani, AAAI 2021), `none` an operation like others;
/// those that fewer than two architectures have are left out, and beyond
/// `most` the rarest.
std::vector<Feature> path_encoding(
    const GraphPool& pool,
    const std::vector<std::string>& names,
    std::size_t most = 1000);

}  // namespace zcp::encodings
