#include "proxies/reductions/gradient_history.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace zcp::reductions {
namespace {

class HistoryObserver final : public engine::Observer {
 public:
  HistoryObserver(
      std::function<engine::Score(const GradientHistory&, double)> reduce,
      std::function<double(const engine::Pass&)> of_first_pass)
      : reduce_(std::move(reduce)), of_first_pass_(std::move(of_first_pass)) {}

  void observe(const engine::Pass& pass) override {
    gradients_.add(pass);
    if (pass.minibatch == 0 && of_first_pass_) first_ = of_first_pass_(pass);
  }
  engine::Score finish() override { return reduce_(gradients_, first_); }

 private:
  std::function<engine::Score(const GradientHistory&, double)> reduce_;
  std::function<double(const engine::Pass&)> of_first_pass_;
  GradientHistory gradients_;
  double first_ = 0;
};

/// Whether the elements of all of them lie in the same order in the memory of
/// this process.
bool alike_on_host(const std::vector<at::Tensor>& gradients) {
  const at::Tensor& first = gradients[0];
  const auto type = first.scalar_type();
  return (type == at::kFloat || type == at::kDouble) &&
         std::ranges::all_of(gradients, [&](const at::Tensor& one) {
           return one.device().is_cpu() && one.scalar_type() == type &&
                  one.is_non_overlapping_and_dense() &&
                  one.sizes() == first.sizes() &&
                  one.strides() == first.strides();
         });
}

/// The sum of m / s over the elements of gradients that are alike on the host,
/// without tensors between.
template <typename T>
double host_inverse_variation(const std::vector<at::Tensor>& gradients) {
  std::vector<const T*> values;
  for (const at::Tensor& one : gradients) values.push_back(one.data_ptr<T>());
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (std::int64_t i = 0; i < gradients[0].numel(); ++i) {
    // Measured from the first value, equal values have a deviation of exactly
    // 0.
    const auto first = static_cast<double>(values[0][i]);
    double distances = 0;
    double magnitudes = 0;
    for (const T* one : values) {
      distances += static_cast<double>(one[i]) - first;
      magnitudes += std::abs(static_cast<double>(one[i]));
    }
    const double mean = distances / count;
    double squares = 0;
    for (const T* one : values) {
      const double distance = static_cast<double>(one[i]) - first - mean;
      squares += distance * distance;
    }
    const double deviation = std::sqrt(squares / count);
    // True of a deviation that is not a number, which has to reach the score.
    if (deviation != 0) sum += magnitudes / count / deviation;
  }
  return sum;
}

/// m / s of each element of gradients in float64, 0 where it does not count.
at::Tensor inverse_variations(const std::vector<at::Tensor>& gradients) {
  const at::Tensor all = at::stack(gradients);
  const at::Tensor deviation = all.std(0, false);
  const at::Tensor ratio = all.abs().mean(0) / deviation;
  return at::where(deviation != 0, ratio, at::zeros_like(ratio));
}

/// The sum of m / s of one layer, a tensor of one element in float64; 0 when
/// no element counts.
at::Tensor inverse_variation(const std::vector<at::Tensor>& gradients) {
  if (alike_on_host(gradients)) {
    const double sum = gradients[0].scalar_type() == at::kFloat
                           ? host_inverse_variation<float>(gradients)
                           : host_inverse_variation<double>(gradients);
    return at::scalar_tensor(sum, at::kDouble);
  }
  std::vector<at::Tensor> twice;
  for (const at::Tensor& one : gradients) twice.push_back(one.to(at::kDouble));
  return inverse_variations(twice).sum();
}

/// Those of all layers that got gradients, [layers]; undefined without any.
at::Tensor layer_sums(const GradientHistory& history) {
  if (!history.flat().empty()) {
    return engine::sums_by_layer(
        inverse_variations(history.flat()), history.sizes());
  }
  std::vector<at::Tensor> sums;
  for (const auto& layer : history.layers()) {
    if (!layer.empty()) sums.push_back(inverse_variation(layer));
  }
  return sums.empty() ? at::Tensor() : at::stack(sums);
}

}  // namespace

void GradientHistory::add(const engine::Pass& pass) {
  const auto layers = engine::layer_gradients(pass);
  layers_.resize(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].gradient.defined()) {
      layers_[i].push_back(layers[i].gradient);
    }
  }
  if (pass.launches()) add_flat(pass);
}

void GradientHistory::add_flat(const engine::Pass& pass) {
  const engine::FlatLayers& flat = engine::flat_layers(pass);
  if (flat_.empty()) sizes_ = flat.sizes;
  alike_ = alike_ && !flat.sizes.empty() && flat.sizes == sizes_;
  if (alike_) {
    flat_.push_back(flat.gradients);
  } else {
    flat_.clear();
  }
}

engine::MakeObserver from_gradient_history(
    std::function<engine::Score(const GradientHistory&, double)> reduce,
    std::function<double(const engine::Pass&)> of_first_pass) {
  return [reduce = std::move(reduce),
          of_first_pass = std::move(of_first_pass)](const engine::Setting&) {
    return std::make_unique<HistoryObserver>(reduce, of_first_pass);
  };
}

engine::Score zico_score(const GradientHistory& history) {
  const at::Tensor all = layer_sums(history);
  if (!all.defined()) return engine::Score::of(0);
  const at::Tensor logs =
      at::where(all == 0, at::zeros_like(all), at::log(all));
  return engine::score_of(logs.sum(), "a gradient is not finite");
}

}  // namespace zcp::reductions
