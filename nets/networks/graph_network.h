// The network of a graph.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "nets/graph/graph.h"
#include "nets/initialisers/initialise.h"
#include "nets/kernels/batch_norm.h"
#include "nets/networks/network.h"

namespace zcp::networks {

struct GraphPlan;

/// Means and variances that BatchNorms normalise by, float32 [C], by node of
/// the graph. Undefined for nodes that are no BatchNorms; for one that is, 0
/// and 1 stand where there is no tensor.
struct NormStatistics {
  std::vector<at::Tensor> means;
  std::vector<at::Tensor> variances;
};

class GraphNetwork final : public Network {
 public:
  GraphNetwork(
      std::shared_ptr<const GraphPlan> plan,
      std::vector<Parameter> parameters);

  at::Tensor forward(
      const at::Tensor& x,
      BatchNormMode batch_norm,
      Recording* recording) const override;

  /// A pass in train mode. `moments` is filled by node with those of the batch
  /// at each BatchNorm; at other nodes they have no tensors.
  at::Tensor forward_with_moments(
      const at::Tensor& x,
      std::vector<kernels::BatchMoments>& moments) const;

  /// A pass in eval mode, normalised by `statistics`. forward() has means of 0
  /// and variances of 1.
  at::Tensor forward_with_statistics(
      const at::Tensor& x,
      const NormStatistics& statistics) const;

  std::unique_ptr<Network> with_parameters(
      const std::function<at::Tensor(const Parameter&)>& change) const override;

 private:
  std::shared_ptr<const GraphPlan> plan_;
};

/// The network of a graph; weights drawn by `initialiser`, each layer from a
/// generator seeded by (seed, the layer's identity).
std::unique_ptr<GraphNetwork> make_graph_network(
    const graph::Graph& graph,
    initialisers::Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options);

/// The network of a graph with given parameters: `values` holds, layer after
/// layer as declared, weight and bias of conv2d and linear, scale and shift of
/// batch_norm; layers that do not run are passed over.
/// Throws UserError when the number of values is not the graph's #params.
std::unique_ptr<GraphNetwork> make_graph_network(
    const graph::Graph& graph,
    std::span<const float> values,
    const at::TensorOptions& options);

}  // namespace zcp::networks
