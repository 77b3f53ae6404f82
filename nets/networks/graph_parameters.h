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

/// Layout of activations and convolution weights of graphs: LibTorch's kernels
/// of convolutions and pools are up to twice as fast as with planes
/// (docs/performance.md).
inline constexpr at::MemoryFormat kGraphLayout = at::MemoryFormat::ChannelsLast;

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
