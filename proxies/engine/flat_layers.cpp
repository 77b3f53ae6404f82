#include "proxies/engine/flat_layers.h"

#include "proxies/engine/observer.h"

namespace zcp::engine {

FlatLayers flat_layers(std::span<const LayerGradient> layers) {
  std::vector<at::Tensor> weights;
  std::vector<at::Tensor> gradients;
  FlatLayers flat;
  for (const LayerGradient& layer : layers) {
    if (!layer.gradient.defined()) continue;
    weights.push_back(layer.weight.detach().reshape({-1}));
    gradients.push_back(layer.gradient.detach().reshape({-1}));
    flat.sizes.push_back(layer.weight.numel());
  }
  if (weights.empty()) return flat;
  flat.weights = at::cat(weights).to(at::kDouble);
  flat.gradients = at::cat(gradients).to(at::kDouble);
  return flat;
}

at::Tensor sums_by_layer(
    const at::Tensor& elements,
    std::span<const std::int64_t> sizes) {
  std::vector<at::Tensor> parts;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(elements.narrow(0, begin, size));
    begin += size;
  }
  // The norm of order 1 of what is not negative is its sum.
  return at::stack(at::_foreach_norm(parts, 1));
}

}  // namespace zcp::engine
