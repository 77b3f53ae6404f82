// All layers of a pass as one tensor. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace zcp::engine {

struct LayerGradient;

/// The weights and gradients of layers, one layer after another. On a device
/// other than the processor an operator costs a launch whatever its size, so
/// that one for all layers takes the time of one for each.
struct FlatLayers {
  at::Tensor weights;               ///< float64 [sum of sizes]
  at::Tensor gradients;             ///< float64 [sum of sizes]
  std::vector<std::int64_t> sizes;  ///< by layer: its number of weights
};

/// Those layers to which a gradient arrived; no tensors where there are none.
FlatLayers flat_layers(std::span<const LayerGradient> layers);

/// The sums over each layer of elements >= 0, float64 [sum of sizes]: float64
/// [layers], by one launch for many layers.
at::Tensor sums_by_layer(
    const at::Tensor& elements,
    std::span<const std::int64_t> sizes);

}  // namespace zcp::engine
