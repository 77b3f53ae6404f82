#include "proxies/engine/observer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include "common/random.h"

namespace zcp::engine {
namespace {

class PassObserver final : public Observer {
 public:
  explicit PassObserver(std::function<Score(const Pass&)> reduce)
      : reduce_(std::move(reduce)) {}

  void observe(const Pass& pass) override { score_ = reduce_(pass); }
  Score finish() override { return score_; }

 private:
  std::function<Score(const Pass&)> reduce_;
  Score score_ = Score::degenerate("the pass was not run");
};

class SettingObserver final : public Observer {
 public:
  SettingObserver(
      std::function<Score(const Setting&)> compute,
      const Setting& setting)
      : compute_(std::move(compute)), setting_(setting) {}

  Score finish() override { return compute_(setting_); }

 private:
  std::function<Score(const Setting&)> compute_;
  const Setting setting_;
};

}  // namespace

at::Tensor first_signs(const at::Tensor& signs, std::int64_t count) {
  const std::int64_t times = (count + signs.numel() - 1) / signs.numel();
  return (times > 1 ? signs.repeat({times}) : signs).slice(0, 0, count);
}

at::Tensor output_signs(const Setting& setting, const at::Tensor& output) {
  const std::int64_t count = output.numel();
  at::Tensor signs = setting.random.signs;
  if (signs.defined()) {
    return first_signs(signs, count).view(output.sizes()).to(output.options());
  }
  signs = at::empty({count}, at::kFloat);
  fill_signs(
      {signs.data_ptr<float>(), static_cast<std::size_t>(count)},
      derive_seed(setting.run.seed, "output signs"));
  return signs.view(output.sizes()).to(output.options());
}

at::Tensor summed_output(const Setting& setting, const at::Tensor& output) {
  if (!setting.run.features) return output.sum();
  return (output * output_signs(setting, output)).sum();
}

MakeObserver from_pass(std::function<Score(const Pass&)> reduce) {
  return [reduce = std::move(reduce)](const Setting&) {
    return std::make_unique<PassObserver>(reduce);
  };
}

MakeObserver from_pass(
    std::function<Score(const Pass&, const Setting&)> reduce) {
  return [reduce = std::move(reduce)](const Setting& setting) {
    return std::make_unique<PassObserver>(
        [reduce, setting](const Pass& pass) { return reduce(pass, setting); });
  };
}

MakeObserver from_setting(std::function<Score(const Setting&)> compute) {
  return [compute = std::move(compute)](const Setting& setting) {
    return std::make_unique<SettingObserver>(compute, setting);
  };
}

std::optional<std::string> layer_weight_fault(
    const networks::Network& network) {
  if (network.computed_weights() > 0) {
    return "the weight of a layer is computed from parameters (weight_norm)";
  }
  const bool some = std::ranges::any_of(
      network.parameters(),
      [](const auto& parameter) { return parameter.is_layer_weight(); });
  if (!some) return "no layer has weights";
  return std::nullopt;
}

std::optional<std::string> layer_call_fault(
    const networks::Network& network,
    const networks::Recording& recording) {
  if (auto fault = layer_weight_fault(network)) return fault;
  std::vector<bool> named(network.parameters().size(), false);
  for (const networks::LayerCall& call : recording.calls) {
    if (call.weight >= 0) named[static_cast<std::size_t>(call.weight)] = true;
  }
  for (std::size_t i = 0; i < named.size(); ++i) {
    const networks::Parameter& parameter = network.parameters()[i];
    if (!parameter.is_layer_weight() || parameter.in_calls || named[i]) {
      continue;
    }
    return "'" + parameter.name +
           "' is used in parts, or in a product that is no layer, so that its "
           "outputs are not known";
  }
  return std::nullopt;
}

std::vector<LayerGradient> layer_gradients(const Pass& pass) {
  if (const auto fault = layer_weight_fault(pass.network)) {
    throw std::runtime_error(*fault);
  }
  std::vector<LayerGradient> layers;
  const auto& parameters = pass.network.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].is_layer_weight()) {
      layers.push_back({parameters[i].value, pass.gradients[i]});
    }
  }
  return layers;
}

const FlatLayers& flat_layers(const Pass& pass) {
  return *pass.shared->get<FlatLayers>(
      "flat layers", [&] { return flat_layers(layer_gradients(pass)); });
}

MakeObserver from_layer_gradients(
    std::function<at::Tensor(const LayerGradient&)> term,
    std::function<at::Tensor(const FlatLayers&)> of_all,
    std::string reason_when_not_finite) {
  return from_pass(
      [term = std::move(term),
       of_all = std::move(of_all),
       reason = std::move(reason_when_not_finite)](const Pass& pass) {
        if (pass.launches()) {
          const FlatLayers& layers = flat_layers(pass);
          if (layers.sizes.empty()) return Score::of(0);
          return score_of(of_all(layers), reason.c_str());
        }
        std::vector<at::Tensor> terms;
        for (const LayerGradient& layer : layer_gradients(pass)) {
          if (layer.gradient.defined()) terms.push_back(term(layer));
        }
        return sum_of(terms, reason.c_str());
      });
}

namespace {

Score finite_or(double number, const std::string& reason) {
  if (!std::isfinite(number)) return Score::degenerate(reason);
  return Score::of(number);
}

}  // namespace

const at::Tensor& nan_outputs(const Pass& pass) {
  return *pass.shared->get<at::Tensor>("NaN in the output", [&] {
    return pass.logits.ne(pass.logits).sum(at::kDouble);
  });
}

Score score_of_nan_outputs() {
  return Score::degenerate("the network's output holds NaN");
}

namespace {

/// Tensors of one element, each once, that are read by one copy.
class Reading {
 public:
  void add(const at::Tensor& value) {
    if (places_.emplace(value.unsafeGetTensorImpl(), values_.size()).second) {
      values_.push_back(value);
    }
  }
  bool empty() const { return values_.empty(); }
  void read() { here_ = at::stack(values_).cpu(); }
  double of(const at::Tensor& value) const {
    return here_.data_ptr<double>()[places_.at(value.unsafeGetTensorImpl())];
  }

 private:
  std::map<const void*, std::size_t> places_;
  std::vector<at::Tensor> values_;
  at::Tensor here_;
};

Score read_score(
    const Score& known,
    const PendingValue& from,
    const Reading& reading) {
  const bool is_nan = std::ranges::any_of(
      from.nan_outputs,
      [&](const at::Tensor& count) { return reading.of(count) > 0; });
  if (is_nan) return score_of_nan_outputs();
  if (!from.value.defined()) return known;
  return finite_or(reading.of(from.value), from.reason_when_not_finite);
}

}  // namespace

void read_pending(std::span<Score* const> scores) {
  Reading reading;
  for (const Score* score : scores) {
    if (score->pending == nullptr) continue;
    if (score->pending->value.defined()) reading.add(score->pending->value);
    for (const at::Tensor& count : score->pending->nan_outputs) {
      reading.add(count);
    }
  }
  if (reading.empty()) return;
  reading.read();
  for (Score* score : scores) {
    const auto pending = std::exchange(score->pending, nullptr);
    if (pending == nullptr) continue;
    const double seconds = score->seconds;
    *score = read_score(*score, *pending, reading);
    score->seconds = seconds;
  }
}

Score resolved(Score score) {
  Score* const one = &score;
  read_pending(std::span(&one, 1));
  return score;
}

Score score_of(const at::Tensor& value, const char* reason_when_not_finite) {
  if (value.device().is_cpu()) {
    return finite_or(value.item<double>(), reason_when_not_finite);
  }
  Score score;
  score.pending = std::make_shared<const PendingValue>(PendingValue{
      value.detach().to(at::kDouble).reshape({}), reason_when_not_finite});
  return score;
}

Score sum_of(
    const std::vector<at::Tensor>& terms,
    const char* reason_when_not_finite) {
  if (terms.empty()) return Score::of(0);
  return score_of(at::stack(terms).sum(), reason_when_not_finite);
}

}  // namespace zcp::engine
