#include "proxies/reductions/sample_axis.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

namespace zcp::reductions {
namespace {

using networks::BatchNormMode;
using networks::LayerCall;
using networks::Network;
using networks::Recording;

constexpr std::int64_t kMostSamples = 3;
/// Of the largest value: a change below it is rounding.
constexpr double kRounding = 1e-5;

class FaultyObserver final : public engine::Observer {
 public:
  explicit FaultyObserver(std::string reason) : reason_(std::move(reason)) {}
  engine::Score finish() override { return engine::Score::degenerate(reason_); }

 private:
  std::string reason_;
};

/// The tensors of the calls, which hold no other memory alive.
std::vector<at::Tensor> tensors_of(
    const Network& network,
    const at::Tensor& x,
    BatchNormMode mode,
    const CallFilter& looked_at) {
  const at::NoGradGuard no_grad;
  Recording recording;
  network.forward(x, mode, &recording);
  std::vector<at::Tensor> tensors;
  for (const LayerCall& call : recording.calls) {
    if (!looked_at(call)) continue;
    for (const at::Tensor& tensor : {call.input, call.output}) {
      if (tensor.defined()) tensors.push_back(tensor.detach());
    }
  }
  return tensors;
}

/// x with sample 0 changed, far from where it was.
at::Tensor with_one_changed(const at::Tensor& x) {
  at::Tensor changed = x.detach().clone();
  changed.select(0, 0).copy_(0.5 - 1.5 * x.detach().select(0, 0).flip(-1));
  return changed;
}

/// x with the last sample in the place of sample 0 as well.
at::Tensor with_one_replaced(const at::Tensor& x) {
  at::Tensor changed = x.detach().clone();
  changed.select(0, 0).copy_(x.detach().select(0, -1));
  return changed;
}

/// The tensors where sample 0 is another one.
std::vector<at::Tensor> changed_tensors_of(
    const Network& network,
    const at::Tensor& x,
    BatchNormMode mode,
    const CallFilter& looked_at) {
  try {
    return tensors_of(network, with_one_changed(x), mode, looked_at);
  } catch (const c10::Error&) {
    // Tokens have a least and a largest one: another sample has some of them.
    const at::Tensor replaced = with_one_replaced(x);
    if (at::equal(replaced, x)) throw;
    return tensors_of(network, replaced, mode, looked_at);
  }
}

/// Whether all rows but the first are equal.
bool others_are_equal(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor before = at::nan_to_num(a.to(at::kDouble));
  const at::Tensor after = at::nan_to_num(b.to(at::kDouble));
  if (before.numel() == 0) return true;
  const double largest = before.abs().max().item<double>();
  at::Tensor difference = (before - after).abs();
  difference.select(0, 0).zero_();
  return difference.max().item<double>() <= kRounding * largest;
}

std::string describe_shape(const at::Tensor& tensor, std::int64_t samples) {
  std::ostringstream text;
  text << "a layer's tensor of shape " << tensor.sizes() << " has not the "
       << samples << " samples along its first axis";
  return text.str();
}

std::optional<std::string> fault_in_mode(
    const Network& network,
    const at::Tensor& x,
    BatchNormMode mode,
    const CallFilter& looked_at) {
  const std::int64_t samples = x.size(0);
  const auto tensors = tensors_of(network, x, mode, looked_at);
  for (const at::Tensor& tensor : tensors) {
    if (tensor.dim() == 0 || tensor.size(0) != samples) {
      return describe_shape(tensor, samples);
    }
  }
  if (samples < 2) return std::nullopt;
  const auto changed = changed_tensors_of(network, x, mode, looked_at);
  const std::string mixed =
      "the rows of a layer's tensor are not the samples (they are elsewhere, "
      "or meet)";
  if (changed.size() != tensors.size()) return mixed;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const bool same = tensors[i].sizes() == changed[i].sizes();
    if (!same || !others_are_equal(tensors[i], changed[i])) return mixed;
  }
  return std::nullopt;
}

/// In eval mode; where that has a fault, with the statistics of each sample,
/// since a BatchNorm without running ones takes those of the batch in eval mode
/// too.
std::optional<std::string> fault_for(
    const Network& network,
    const at::Tensor& x,
    const CallFilter& looked_at) {
  auto fault =
      fault_in_mode(network, x, BatchNormMode::running_statistics, looked_at);
  if (!fault) return fault;
  try {
    return fault_in_mode(
        network, x, BatchNormMode::sample_statistics, looked_at);
  } catch (const c10::Error&) {
    return fault;  // a BatchNorm of vectors has no statistics of a sample
  }
}

}  // namespace

std::optional<std::string> sample_axis_fault(
    const Network& network,
    const at::Tensor& x,
    const CallFilter& looked_at) {
  const at::Tensor some = x.slice(0, 0, std::min(x.size(0), kMostSamples));
  try {
    return fault_for(network, some, looked_at);
  } catch (const c10::Error&) {
    // A file whose batch size was fixed when it was traced.
    return fault_for(network, x, looked_at);
  }
}

std::optional<std::string> sample_axis_fault(
    const engine::Setting& setting,
    const CallFilter& looked_at) {
  if (setting.graph != nullptr) return std::nullopt;
  const at::Tensor& x = setting.minibatches.empty() ? setting.random.noise
                                                    : setting.minibatches[0].x;
  return sample_axis_fault(*setting.network, x, looked_at);
}

engine::MakeObserver with_samples_first(
    CallFilter looked_at,
    engine::MakeObserver make) {
  return
      [looked_at = std::move(looked_at), make = std::move(make)](
          const engine::Setting& setting) -> std::unique_ptr<engine::Observer> {
        if (auto fault = sample_axis_fault(setting, looked_at)) {
          return std::make_unique<FaultyObserver>(*std::move(fault));
        }
        return make(setting);
      };
}

bool is_relu(const LayerCall& call) {
  return call.kind == networks::LayerKind::relu;
}

bool has_sign_patterns(const LayerCall& call) {
  return call.kind == networks::LayerKind::relu ||
         call.kind == networks::LayerKind::smooth_activation;
}

bool has_weight(const LayerCall& call) {
  return call.weight >= 0;
}

}  // namespace zcp::reductions
