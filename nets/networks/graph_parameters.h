// The values of a graph network's parameters.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "nets/initialisers/initialise.h"
#include "nets/networks/graph_plan.h"

namespace zcp::networks {

/// Layout of activations and convolution weights of graphs. On a processor
/// LibTorch's kernels of convolutions and pools are up to twice as fast with
/// channels last as with planes (docs/performance.md). On CUDA devices it is
/// the other way round in float32, and the gradient of an average pool is wrong
/// with channels last (LibTorch 2.11).
inline at::MemoryFormat graph_layout(const at::Device& device) {
  return device.is_cpu() ? at::MemoryFormat::ChannelsLast
                         : at::MemoryFormat::Contiguous;
}

/// Drawn by `initialiser`, each from a generator of its own, which is seeded by
/// `seed` and the identity of the first node that reads it.
std::vector<Parameter> drawn_parameters(
    const GraphPlan& plan,
    initialisers::Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options);

/// Taken from `values`, in which layers follow each other as declared.
/// Throws UserError when their number is not the graph's #params.
std::vector<Parameter> given_parameters(
    const GraphPlan& plan,
    std::span<const float> values,
    const at::TensorOptions& options);

}  // namespace zcp::networks
