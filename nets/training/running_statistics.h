// The running statistics of BatchNorms, which training moves and testing reads.
//
// This header includes LibTorch.
#pragma once

#include <span>

#include "nets/graph/graph.h"
#include "nets/kernels/batch_norm.h"
#include "nets/networks/graph_network.h"

namespace zcp::training {

/// Running means and variances of a graph's BatchNorms; 0 and 1 before
/// training.
class RunningStatistics {
 public:
  explicit RunningStatistics(const graph::Graph& graph);

  /// Moves them a tenth of the way towards a batch's, as PyTorch does.
  /// `moments` is by node, as GraphNetwork::forward_with_moments() fills it.
  void move_towards(std::span<const kernels::BatchMoments> moments);

  const networks::NormStatistics& values() const { return values_; }

 private:
  networks::NormStatistics values_;
};

}  // namespace zcp::training
