#include "proxies/engine/observer.h"

#include <cmath>
#include <utility>

namespace zcp::engine {
namespace {

class OnceObserver final : public Observer {
 public:
  explicit OnceObserver(std::function<Score(const Pass&)> function)
      : function_(std::move(function)) {}

  void observe(const Pass& pass) override { score_ = function_(pass); }
  Score finish() override { return score_; }

 private:
  std::function<Score(const Pass&)> function_;
  Score score_ = Score::degenerate("the pass was not run");
};

class NothingObserver final : public Observer {
 public:
  explicit NothingObserver(std::function<Score()> function)
      : function_(std::move(function)) {}

  Score finish() override { return function_(); }

 private:
  std::function<Score()> function_;
};

}  // namespace

Score Score::of(double value) {
  return {ScoreStatus::ok, value, "", 0};
}

Score Score::degenerate(std::string reason) {
  return {ScoreStatus::degenerate, 0, std::move(reason), 0};
}

std::vector<LayerGradient> layer_gradients(const Pass& pass) {
  std::vector<LayerGradient> layers;
  const auto& parameters = pass.network.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].is_layer_weight()) {
      layers.push_back({parameters[i].value, pass.gradients[i]});
    }
  }
  return layers;
}

std::unique_ptr<Observer> observe_once(
    std::function<Score(const Pass&)> function) {
  return std::make_unique<OnceObserver>(std::move(function));
}

std::unique_ptr<Observer> observe_nothing(std::function<Score()> function) {
  return std::make_unique<NothingObserver>(std::move(function));
}

Score score_of(const at::Tensor& value, const char* reason_when_not_finite) {
  const double number = value.item<double>();
  if (!std::isfinite(number)) return Score::degenerate(reason_when_not_finite);
  return Score::of(number);
}

Score sum_over_layers(
    const Pass& pass,
    const std::function<at::Tensor(const LayerGradient&)>& term,
    const char* reason_when_not_finite) {
  std::vector<at::Tensor> terms;
  for (const LayerGradient& layer : layer_gradients(pass)) {
    if (layer.gradient.defined()) terms.push_back(term(layer));
  }
  if (terms.empty()) return Score::of(0);
  return score_of(at::stack(terms).sum(), reason_when_not_finite);
}

}  // namespace zcp::engine
