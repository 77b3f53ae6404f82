// A forward pass of a graph's network: its nodes in canonical order, by
// LibTorch's functional operators and, where those are slow, our own.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "nets/kernels/batch_norm.h"
#include "nets/networks/graph_network.h"
#include "nets/networks/graph_plan.h"

namespace zcp::networks {

/// How a graph runs, and what its pass is to tell.
struct GraphRunOptions {
  BatchNormMode mode = BatchNormMode::batch_statistics;
  Recording* recording = nullptr;  ///< null: nothing is recorded
  /// Where the batch's moments go, by node; null: nowhere. In the mode
  /// batch_statistics alone.
  std::vector<kernels::BatchMoments>* moments = nullptr;
  /// What the mode running_statistics normalises by; null: 0 and 1.
  const NormStatistics* statistics = nullptr;
};

/// The output for x [N, C, H, W]: [N, classes], or [N, C, H, W].
at::Tensor run_graph(
    const GraphPlan& plan,
    const std::vector<Parameter>& parameters,
    const at::Tensor& x,
    const GraphRunOptions& options);

}  // namespace zcp::networks
