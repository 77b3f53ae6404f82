#include "proxies/gradient_history.h"

namespace zcp::proxies {
namespace {

/// sum m/s of one layer, float64; 0 when no element counts.
at::Tensor inverse_variation(const std::vector<at::Tensor>& gradients) {
  const at::Tensor all = at::stack(gradients).to(at::kDouble);
  const at::Tensor deviation = all.std(0, false);
  const at::Tensor ratio = all.abs().mean(0) / deviation;
  return at::where(deviation > 0, ratio, at::zeros_like(ratio)).sum();
}

}  // namespace

void GradientHistory::add(const Pass& pass) {
  const auto layers = layer_gradients(pass);
  layers_.resize(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].gradient.defined()) {
      layers_[i].push_back(layers[i].gradient);
    }
  }
}

Score zico_score(const GradientHistory& history) {
  std::vector<at::Tensor> sums;
  for (const auto& layer : history.layers()) {
    if (!layer.empty()) sums.push_back(inverse_variation(layer));
  }
  if (sums.empty()) return Score::of(0);
  const at::Tensor all = at::stack(sums);
  const at::Tensor logs =
      at::where(all == 0, at::zeros_like(all), at::log(all));
  return score_of(logs.sum(), "a gradient is not finite");
}

}  // namespace zcp::proxies
