// What a graph's network keeps while it is trained.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "nets/networks/network.h"

namespace zcp::networks {

/// Running means and variances of the BatchNorm layers, float32 [C], by node
/// of the graph (undefined for other nodes); 0 and 1 before training. Each
/// batch moves them a tenth of the way, as PyTorch does.
struct RunningStatistics {
  std::vector<at::Tensor> means;
  std::vector<at::Tensor> variances;
};

/// make_graph_network() of drawn weights, which keeps running statistics: a
/// pass in the mode batch_statistics moves them, one in the mode
/// running_statistics reads them. So do the networks of with_parameters(),
/// which share them. Not for several threads at once.
std::unique_ptr<Network> make_trained_network(
    const graph::Graph& graph,
    initialisers::Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options);

}  // namespace zcp::networks
