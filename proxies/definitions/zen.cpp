// f is the input of the global pool, x and e are N(0, 1). As in the authors'
// code, running_var is moved by both forwards (momentum 0.1) and so is a
// mixture with its initial 1.
#include <ATen/core/grad_mode.h>

#include <exception>
#include <map>

#include "proxies/engine/observer.h"
#include "proxies/reductions/sample_axis.h"

namespace zcp::definitions {
namespace {

constexpr double kMixup = 0.01;
constexpr double kMomentum = 0.1;

/// A pool whose output is one position a channel, or no longer a map.
bool is_global_pool(const networks::LayerCall& call) {
  return call.kind == networks::LayerKind::pool &&
         call.output.numel() == call.input.size(0) * call.input.size(1);
}

class Zen final : public engine::Observer {
 public:
  explicit Zen(const engine::Setting& setting) : setting_(setting) {}

  engine::Score finish() override {
    const at::NoGradGuard no_grad;
    if (setting_.graph == nullptr && !ends_in_pool()) {
      return engine::Score::degenerate("no global average pool at the end");
    }
    const at::Tensor first = run(setting_.random.noise);
    if (!first.defined())
      return engine::Score::degenerate("no global average pool");
    const at::Tensor second =
        run(setting_.random.noise + kMixup * setting_.random.perturbation);
    const at::Tensor delta = (first - second).to(at::kDouble).abs().sum() /
                             static_cast<double>(first.size(0));
    at::Tensor scale = at::zeros_like(delta);
    for (const at::Tensor& variance : running_variance_) {
      scale = scale + 0.5 * variance.mean().log();
    }
    return engine::score_of(delta.log() + scale, "the network is constant");
  }

 private:
  /// Whether no convolution of maps follows the last global pool, as one does
  /// where that pool is of a squeeze-and-excitation block. Two samples tell,
  /// but not of a file whose batch size is fixed.
  bool ends_in_pool() const {
    try {
      return ends_in_pool(setting_.random.noise.slice(0, 0, 2));
    } catch (const std::exception&) {
      return ends_in_pool(setting_.random.noise);
    }
  }

  bool ends_in_pool(const at::Tensor& x) const {
    networks::Recording recording;
    recording.scope = {.everything = false, .layers = true, .pools = true};
    setting_.network->forward(
        x, networks::BatchNormMode::batch_statistics, &recording);
    bool ends = false;
    for (const networks::LayerCall& call : recording.calls) {
      const at::Tensor& output = call.output;
      const bool map = call.kind == networks::LayerKind::conv &&
                       output.numel() > output.size(0) * output.size(1);
      if (is_global_pool(call)) ends = true;
      if (map) ends = false;
    }
    return ends;
  }

  /// The global pool's input; moves the running variances.
  at::Tensor run(const at::Tensor& x) {
    networks::Recording recording;
    recording.scope = {.everything = false, .pools = true, .variances = true};
    setting_.network->forward(
        x, networks::BatchNormMode::batch_statistics, &recording);
    at::Tensor pooled;
    int without_scale = 0;
    for (const networks::LayerCall& call : recording.calls) {
      if (call.batch_variance.defined()) {
        move_variance(call, call.scale >= 0 ? call.scale : --without_scale);
      }
      if (is_global_pool(call)) pooled = call.input;
    }
    return pooled;
  }

  /// A layer that runs several times has one variance.
  void move_variance(const networks::LayerCall& call, int layer) {
    const std::size_t index =
        index_.try_emplace(layer, index_.size()).first->second;
    if (index == running_variance_.size()) {
      running_variance_.push_back(
          call.running_variance.defined()
              ? call.running_variance.to(at::kDouble)
              : at::ones_like(call.batch_variance));
    }
    at::Tensor& running = running_variance_[index];
    running = (1 - kMomentum) * running + kMomentum * call.batch_variance;
  }

  const engine::Setting setting_;
  /// By the BatchNorm's scale; below 0: by its place among those that train
  /// none.
  std::map<int, std::size_t> index_;
  std::vector<at::Tensor> running_variance_;  // by that index
};

}  // namespace

engine::Descriptor zen() {
  engine::Descriptor d;
  d.family = "expressivity";
  d.formula = "log E|f(x) - f(x + .01 e)| + sum_BN log sqrt(mean running_var)";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::own,
      .folding = graph::Folding::as_declared,
      .numbers_an_output = 0.5,  // outputs are let go of as they are read
      .initialiser = initialisers::Initialiser::normal};
  d.dtype = "float64 sums";
  d.degenerate = "a network that is constant; no global pool";
  d.variant = "authors', one repetition; theory holds for plain networks";
  d.paper = "https://arxiv.org/abs/2102.01063";
  d.reference = "idstcv/ZenNAS: ZeroShotProxy/compute_zen_score.py";
  d.suite_zero = "zen";
  d.bfloat16_tau = 0.998;
  d.make = reductions::with_samples_first(
      &is_global_pool, [](const engine::Setting& setting) {
        return std::make_unique<Zen>(setting);
      });
  return d;
}

}  // namespace zcp::definitions
