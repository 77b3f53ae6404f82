#include "proxies/reductions/sample_axis.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
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

/// Why a call of the pass is not what a proxy takes it for; none where it is.
using CallFault = std::function<
    std::optional<std::string>(const LayerCall& call, std::int64_t samples)>;

std::optional<std::string> first_fault(
    const Recording& recording,
    std::int64_t samples,
    const CallFilter& looked_at,
    const CallFault& fault_of) {
  for (const LayerCall& call : recording.calls) {
    if (!looked_at(call)) continue;
    if (auto fault = fault_of(call, samples)) return fault;
  }
  return std::nullopt;
}

/// Looks at the calls of each pass first: a network may treat the samples of a
/// whole minibatch otherwise than a few of them.
class CheckedObserver final : public engine::Observer {
 public:
  CheckedObserver(
      CallFilter looked_at,
      CallFault fault_of,
      std::unique_ptr<engine::Observer> own)
      : looked_at_(std::move(looked_at)),
        fault_of_(std::move(fault_of)),
        own_(std::move(own)) {}

  void observe(const engine::Pass& pass) override {
    if (!fault_) {
      fault_ =
          first_fault(pass.recording, pass.x.size(0), looked_at_, fault_of_);
    }
    if (!fault_) own_->observe(pass);
  }

  engine::Score finish() override {
    return fault_ ? engine::Score::degenerate(*fault_) : own_->finish();
  }

 private:
  CallFilter looked_at_;
  CallFault fault_of_;
  std::unique_ptr<engine::Observer> own_;
  std::optional<std::string> fault_;
};

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

/// Whether all rows but the first are equal.
bool others_are_equal(const at::Tensor& a, const at::Tensor& b) {
  if (a.numel() == 0) return true;
  // As a rule they are so to the last bit.
  if (at::equal(a.slice(0, 1), b.slice(0, 1))) return true;
  const at::Tensor before = at::nan_to_num(a.to(at::kDouble));
  const at::Tensor after = at::nan_to_num(b.to(at::kDouble));
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

/// The first axis of a call's tensors has not the samples.
std::optional<std::string> shape_fault(
    const LayerCall& call,
    std::int64_t samples) {
  for (const at::Tensor& tensor : {call.input, call.output}) {
    if (!tensor.defined()) continue;
    if (tensor.dim() == 0 || tensor.size(0) != samples) {
      return describe_shape(tensor, samples);
    }
  }
  return std::nullopt;
}

/// The call has fewer rows than there are samples, and not because these lie
/// along the second axis, [tokens, N, D].
std::optional<std::string> part_fault(
    const LayerCall& call,
    std::int64_t samples) {
  const at::Tensor& output = call.output;
  if (!output.defined() || output.dim() < 2) return std::nullopt;
  if (output.size(0) >= samples || output.size(1) == samples) {
    return std::nullopt;
  }
  return describe_shape(output, samples);
}

constexpr const char* kMixed =
    "the rows of a layer's tensor are not the samples (they are elsewhere, or "
    "meet)";

/// What was found at one call, whose tensors have shapes but no memory.
struct CallVerdict {
  LayerCall call;
  std::optional<std::string> shape_fault;
  bool mixed = false;
};

/// What was found at all calls of a pass in one mode. Where the two passes ran
/// other layers, nothing can be compared.
struct Verdict {
  std::vector<CallVerdict> calls;
  bool comparable = true;

  std::optional<std::string> fault(const CallFilter& looked_at) const {
    bool any = false;
    for (const CallVerdict& one : calls) {
      if (looked_at(one.call) && one.shape_fault) return one.shape_fault;
    }
    for (const CallVerdict& one : calls) {
      if (!looked_at(one.call)) continue;
      any = true;
      if (one.mixed) return kMixed;
    }
    return any && !comparable ? std::optional<std::string>(kMixed)
                              : std::nullopt;
  }
};

/// A tensor of the same sizes that holds one number.
at::Tensor shape_alone(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  return at::empty({}, tensor.options().requires_grad(false))
      .expand(tensor.sizes());
}

/// The call without the memory that its tensors hold.
LayerCall without_memory(const LayerCall& call) {
  LayerCall bare = call;
  bare.input = shape_alone(call.input);
  bare.output = shape_alone(call.output);
  bare.used_weight = at::Tensor();
  bare.used_bias = at::Tensor();
  bare.running_variance = at::Tensor();
  bare.batch_variance = at::Tensor();
  return bare;
}

/// Samples as the network takes them, and what stands for their words.
struct Inputs {
  at::Tensor x;
  at::Tensor real;  ///< Network::embed(x)

  Inputs first(std::int64_t count) const {
    return {x.slice(0, 0, count), real.slice(0, 0, count)};
  }
};

Recording record(const Network& network, const Inputs& of, BatchNormMode m) {
  const at::NoGradGuard no_grad;
  Recording recording;
  network.forward_embedded(of.real, of.x, m, &recording);
  recording.blocks.clear();
  return recording;
}

/// With another sample 0.
Recording
record_changed(const Network& network, const Inputs& of, BatchNormMode m) {
  try {
    return record(network, {of.x, with_one_changed(of.real)}, m);
  } catch (const c10::Error&) {
    // Tokens have a least and a largest one: another sample has some of them.
    const at::Tensor replaced = with_one_replaced(of.real);
    if (at::equal(replaced, of.real)) throw;
    return record(network, {with_one_replaced(of.x), replaced}, m);
  }
}

Verdict verdict_in_mode(
    const Network& network,
    const Inputs& inputs,
    BatchNormMode mode) {
  const std::int64_t samples = inputs.x.size(0);
  const Recording first = record(network, inputs, mode);
  Verdict verdict;
  for (const LayerCall& call : first.calls) {
    CallVerdict& one = verdict.calls.emplace_back();
    one.call = without_memory(call);
    one.shape_fault = shape_fault(call, samples);
  }
  if (samples < 2) return verdict;
  const Recording second = record_changed(network, inputs, mode);
  verdict.comparable = second.calls.size() == first.calls.size();
  for (std::size_t i = 0; verdict.comparable && i < first.calls.size(); ++i) {
    CallVerdict& one = verdict.calls[i];
    if (one.shape_fault) continue;
    const auto differ = [](const at::Tensor& a, const at::Tensor& b) {
      if (!a.defined()) return b.defined();
      return !b.defined() || a.sizes() != b.sizes() || !others_are_equal(a, b);
    };
    one.mixed = differ(first.calls[i].input, second.calls[i].input) ||
                differ(first.calls[i].output, second.calls[i].output);
  }
  return verdict;
}

/// The verdicts on a network, each made by the first who asks.
class Examination {
 public:
  Examination(
      const Network& network,
      Inputs inputs,
      std::shared_ptr<engine::SharedValues> shared,
      std::string name)
      : network_(network),
        inputs_(std::move(inputs)),
        shared_(std::move(shared)),
        name_(std::move(name)) {}

  /// In eval mode; where that has a fault, with the statistics of each sample,
  /// since a BatchNorm without running ones takes those of the batch in eval
  /// mode too.
  std::optional<std::string> fault(const CallFilter& looked_at) const {
    auto found =
        verdict(BatchNormMode::running_statistics, "eval")->fault(looked_at);
    if (!found) return found;
    try {
      return verdict(BatchNormMode::sample_statistics, "sample")
          ->fault(looked_at);
    } catch (const c10::Error&) {
      return found;  // a BatchNorm of vectors has no statistics of a sample
    }
  }

 private:
  std::shared_ptr<const Verdict> verdict(BatchNormMode mode, const char* text)
      const {
    return engine::shared_value<Verdict>(shared_, name_ + ", " + text, [&] {
      return verdict_in_mode(network_, inputs_, mode);
    });
  }

  const Network& network_;
  Inputs inputs_;
  std::shared_ptr<engine::SharedValues> shared_;
  std::string name_;
};

/// With a few of the samples, or all: a file's batch size may have been fixed
/// when it was traced.
std::optional<std::string> fault_of(
    const Network& network,
    const at::Tensor& x,
    const std::shared_ptr<engine::SharedValues>& shared,
    const CallFilter& looked_at) {
  if (network.keeps_samples_apart(x.dim())) return std::nullopt;
  const Inputs all{x, network.embed(x)};
  try {
    const Inputs few = all.first(std::min(x.size(0), kMostSamples));
    return Examination(network, few, shared, "sample axis of a few")
        .fault(looked_at);
  } catch (const c10::Error&) {
    return Examination(network, all, shared, "sample axis").fault(looked_at);
  }
}

}  // namespace

std::optional<std::string> sample_axis_fault(
    const Network& network,
    const at::Tensor& x,
    const CallFilter& looked_at) {
  return fault_of(network, x, nullptr, looked_at);
}

std::optional<std::string> sample_axis_fault(
    const engine::Setting& setting,
    const CallFilter& looked_at) {
  if (setting.graph != nullptr) return std::nullopt;
  const at::Tensor& x = setting.minibatches.empty() ? setting.random.noise
                                                    : setting.minibatches[0].x;
  return fault_of(*setting.network, x, setting.shared, looked_at);
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
        if (setting.graph != nullptr) return make(setting);
        return std::make_unique<CheckedObserver>(
            looked_at, &shape_fault, make(setting));
      };
}

engine::MakeObserver with_whole_batches(
    CallFilter looked_at,
    engine::MakeObserver make) {
  return
      [looked_at = std::move(looked_at), make = std::move(make)](
          const engine::Setting& setting) -> std::unique_ptr<engine::Observer> {
        if (setting.graph != nullptr) return make(setting);
        return std::make_unique<CheckedObserver>(
            looked_at, &part_fault, make(setting));
      };
}

std::optional<std::string> whole_batch_fault(
    const networks::Recording& recording,
    std::int64_t samples,
    const CallFilter& looked_at) {
  return first_fault(recording, samples, looked_at, &shape_fault);
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
