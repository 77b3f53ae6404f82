#include "proxies/engine/passes.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/crew.h"
#include "proxies/engine/differentiate.h"
#include "proxies/engine/input_gradient.h"
#include "proxies/engine/loss.h"
#include "proxies/engine/row_parts.h"

namespace zcp::engine {
namespace {

using networks::BatchNormMode;
using networks::Network;
using networks::Recording;

bool any_needs(const ProxyRuns& runs, bool Needs::*need) {
  return std::ranges::any_of(
      runs, [&](const ProxyRun* run) { return run->needs().*need; });
}

void show_to_all(const Pass& pass, const ProxyRuns& runs) {
  const at::NoGradGuard no_grad;
  for (ProxyRun* run : runs) run->observe(pass);
}

/// The same on a device where each operator costs a launch: all parameters
/// are changed at once.
std::unique_ptr<Network> linearised_at_once(const Network& network) {
  std::vector<at::Tensor> flat;
  for (const auto& parameter : network.parameters()) {
    flat.push_back(parameter.value.detach().reshape({-1}));
  }
  const at::Tensor all = at::cat(flat).to(at::kDouble).abs();
  std::int64_t begin = 0;
  return network.with_parameters([&](const networks::Parameter& parameter) {
    const std::int64_t size = parameter.value.numel();
    const at::Tensor part = all.narrow(0, begin, size);
    begin += size;
    return part.view(parameter.value.sizes()).detach().requires_grad_(true);
  });
}

/// The network in float64 with absolute values, for the SynFlow family.
std::unique_ptr<Network> linearised(const Network& network) {
  const auto& parameters = network.parameters();
  if (!parameters.empty() && !parameters[0].value.device().is_cpu()) {
    return linearised_at_once(network);
  }
  return network.with_parameters([](const networks::Parameter& parameter) {
    return parameter.value.detach()
        .to(at::kDouble, /*non_blocking=*/false, /*copy=*/true)
        .abs_()
        .contiguous()
        .requires_grad_(true);
  });
}

/// Ends what an interrupt asks to end.
void check_cancelled(const Setting& setting) {
  if (setting.run.is_cancelled && setting.run.is_cancelled()) {
    throw std::runtime_error("interrupted");
  }
}

/// Whether an observer may look at the gradient at a call's output.
bool may_need_gradient(
    const networks::LayerCall& call,
    const Recording& recording) {
  return recording.scope.everything || call.kind == networks::LayerKind::conv ||
         call.kind == networks::LayerKind::linear;
}

/// Fills the pass with the gradients of `target` at the parameters and, where
/// asked for, at the outputs of calls, by one backward.
void add_gradients(
    const at::Tensor& target,
    bool parameters,
    bool outputs,
    Pass& pass) {
  std::vector<at::Tensor> variables;
  if (parameters) {
    for (const auto& parameter : pass.network.parameters()) {
      variables.push_back(parameter.value);
    }
  }
  const std::size_t first_output = variables.size();
  if (outputs) {
    for (const auto& call : pass.recording.calls) {
      const bool wanted = may_need_gradient(call, pass.recording);
      const bool own = wanted && call.own_input;
      variables.push_back(wanted ? call.output : at::Tensor());
      variables.push_back(own ? call.input : at::Tensor());
    }
  }
  const auto gradients = gradients_of(target, variables, GraphUse::last);
  for (std::size_t i = 0; i < first_output; ++i) {
    pass.gradients.push_back(gradients[i]);
  }
  for (std::size_t i = first_output; i < gradients.size(); i += 2) {
    pass.output_gradients.push_back(gradients[i]);
    pass.reader_gradients.push_back(gradients[i + 1]);
  }
}

/// What the runs together need recorded; none where they need nothing.
std::optional<networks::RecordingScope> scope_for(const ProxyRuns& runs) {
  const networks::RecordingScope scope{
      .everything = any_needs(runs, &Needs::activations),
      .codes = any_needs(runs, &Needs::codes),
      .layers = any_needs(runs, &Needs::layer_outputs)};
  if (!scope.everything && !scope.codes && !scope.layers) return std::nullopt;
  return scope;
}

/// Takes the derivative of the summed logits at the input, which is let go of
/// again afterwards.
void show_jacobian(
    const Setting& setting,
    const at::Tensor& inputs,
    GraphUse use,
    Pass& pass,
    const ProxyRuns& runs) {
  add_input_gradient(setting, inputs, use, pass);
  show_to_all(pass, runs);
  pass.input_gradient = at::Tensor();
  pass.x = pass.x.detach();
}

/// Runs that look at minibatches, by what they look at.
struct MinibatchRuns {
  ProxyRuns jacobian;  ///< of the first minibatch
  ProxyRuns loss;      ///< of the first minibatch, or of all

  explicit MinibatchRuns(const ProxyRuns& runs) {
    std::ranges::partition_copy(
        runs,
        std::back_inserter(jacobian),
        std::back_inserter(loss),
        [](const ProxyRun* run) {
          return run->needs().pass == PassKind::jacobian;
        });
  }

  /// Those who see minibatch i.
  MinibatchRuns at(std::size_t i) const {
    if (i == 0) return *this;
    MinibatchRuns present({});
    std::ranges::copy_if(
        loss, std::back_inserter(present.loss), [](const ProxyRun* run) {
          return run->needs().all_minibatches;
        });
    return present;
  }

  bool want_gradients() const {
    return any_needs(loss, &Needs::parameter_gradients);
  }
  bool want_output_gradients() const {
    return any_needs(loss, &Needs::activation_gradients);
  }
};

/// A pass of a minibatch, with what it has recorded.
struct MinibatchPass {
  Recording recording;
  std::optional<Pass> pass;
};

/// One forward pass for all, a backward for the Jacobian, which is shown at
/// once, one for the loss, which is not.
std::unique_ptr<MinibatchPass> pass_minibatch(
    const Setting& setting,
    const Network& network,
    std::size_t i,
    const MinibatchRuns& runs) {
  const DeviceMinibatch& minibatch = setting.minibatches[i];
  const bool jacobian = !runs.jacobian.empty();
  const bool loss = runs.want_gradients() || runs.want_output_gradients();
  const auto scope = scope_for(runs.loss);
  auto done = std::make_unique<MinibatchPass>();
  if (scope) done->recording.scope = *scope;
  const at::Tensor x =
      jacobian ? differentiable_input(network, minibatch.x) : minibatch.x;
  Pass& pass = done->pass.emplace(Pass{
      .network = network,
      .recording = done->recording,
      .minibatch = static_cast<int>(i),
      .x = x,
      .y = minibatch.y});
  Recording* recording = scope ? &done->recording : nullptr;
  constexpr auto kMode = BatchNormMode::batch_statistics;
  pass.logits = jacobian
                    ? network.forward_embedded(x, minibatch.x, kMode, recording)
                    : network.forward(x, kMode, recording);
  if (jacobian) {
    show_jacobian(
        setting,
        minibatch.x,
        loss ? GraphUse::again : GraphUse::last,
        pass,
        runs.jacobian);
  }
  if (loss) {
    add_gradients(
        mean_loss(pass.logits, minibatch, setting.run),
        runs.want_gradients(),
        runs.want_output_gradients(),
        pass);
  }
  return done;
}

/// A pass that is under way, perhaps on another thread.
struct PassAhead {
  Crew::Handle job;
  std::unique_ptr<MinibatchPass> done;  ///< once the job has ended
};

/// Passes of later minibatches begin while earlier ones run, as far as there
/// are cores; observers see them in their order.
class MinibatchPasses {
 public:
  MinibatchPasses(
      const Setting& setting,
      const Network& network,
      std::size_t count,
      const MinibatchRuns& runs,
      Crew& crew)
      : setting_(setting),
        network_(network),
        runs_(runs),
        crew_(crew),
        ahead_(count) {}

  /// The passes hold references to this object.
  ~MinibatchPasses() {
    for (std::size_t i = shown_; i < begun_; ++i) {
      crew_.drop(ahead_[i].job);
      crew_.release(ahead_[i].job);
    }
  }
  MinibatchPasses(const MinibatchPasses&) = delete;
  MinibatchPasses& operator=(const MinibatchPasses&) = delete;

  void run() {
    const auto most = static_cast<std::size_t>(crew_.most());
    for (; shown_ < ahead_.size(); ++shown_) {
      check_cancelled(setting_);
      while (begun_ < std::min(ahead_.size(), shown_ + most)) begin();
      std::vector<Crew::Handle> later;
      for (std::size_t i = shown_ + 1; i < begun_; ++i) {
        later.push_back(ahead_[i].job);
      }
      crew_.wait(ahead_[shown_].job, later);
      auto done = std::move(ahead_[shown_].done);
      show_to_all(*done->pass, runs_.at(shown_).loss);
      done.reset();
      crew_.release(ahead_[shown_].job);
    }
  }

 private:
  /// Bytes of one pass, by the estimate of memory.h.
  double memory_of(const MinibatchRuns& runs) const {
    const auto of = [&](const ProxyRuns& some) {
      return footprint(proxies_of(some), setting_.workload).pass;
    };
    return std::max(of(runs.jacobian), of(runs.loss));
  }

  void begin() {
    PassAhead& place = ahead_[begun_];
    place.job = crew_.submit(
        [this, &place, i = begun_, derives = at::GradMode::is_enabled()] {
          const at::AutoGradMode mode(derives);
          place.done = pass_minibatch(setting_, network_, i, runs_.at(i));
        },
        memory_of(runs_.at(begun_)),
        true);
    ++begun_;
  }

  const Setting& setting_;
  const Network& network_;
  const MinibatchRuns& runs_;
  Crew& crew_;
  std::vector<PassAhead> ahead_;  ///< by minibatch
  std::size_t begun_ = 0;
  std::size_t shown_ = 0;
};

void run_minibatches(const Setting& setting, const ProxyRuns& all) {
  const MinibatchRuns runs(all);
  const bool every = any_needs(runs.loss, &Needs::all_minibatches);
  const std::size_t count = every ? setting.minibatches.size() : 1;
  const bool derives = !runs.jacobian.empty() || runs.want_gradients() ||
                       runs.want_output_gradients();
  const at::AutoGradMode mode(derives);
  const auto runnable = derives ? differentiable(*setting.network) : nullptr;
  Crew alone;
  MinibatchPasses(
      setting,
      runnable ? *runnable : *setting.network,
      count,
      runs,
      setting.crew != nullptr ? *setting.crew : alone)
      .run();
}

void run_noise(
    const Setting& setting,
    const at::Tensor& inputs,
    const ProxyRuns& runs) {
  const Network& network = *setting.network;
  // Derivatives between activations need a graph, not the weights' gradients.
  const bool graph = any_needs(runs, &Needs::activation_gradients);
  const at::AutoGradMode mode(graph);
  Recording recording;
  const at::Tensor x = graph ? inputs.detach().requires_grad_(true) : inputs;
  Pass pass{.network = network, .recording = recording, .x = x};
  pass.logits = network.forward(x, BatchNormMode::batch_statistics, &recording);
  show_to_all(pass, runs);
}

/// What SynFlow sums of a pass: the products of weights and their gradients.
at::Tensor flow_of(const Pass& pass) {
  const at::NoGradGuard no_grad;
  const auto& parameters = pass.network.parameters();
  at::Tensor flow = at::zeros({}, pass.x.options());
  for (std::size_t i = 0; i < pass.gradients.size(); ++i) {
    const at::Tensor& gradient = pass.gradients[i];
    if (!gradient.defined()) continue;
    flow = flow + sum_of_absolute_products(gradient, parameters[i].value);
  }
  return flow;
}

void require_values(const Recording& recording) {
  for (const auto& call : recording.calls) {
    if (call.kind == networks::LayerKind::batch_norm &&
        call.input.numel() == call.input.size(1)) {
      throw std::invalid_argument("a BatchNorm sees one value a channel");
    }
  }
}

/// A BatchNorm divides a channel that is nearly constant, as those of an image
/// of ones may be, by the root of its epsilon. After several of them nothing is
/// left but rounding.
void require_no_noise(
    const Setting& setting,
    const Network& network,
    const Pass& pass) {
  constexpr double kAgreement = 1e-2;
  Recording recording;
  const at::Tensor x = with_other_last_bits(pass.x);
  Pass other{.network = network, .recording = recording, .x = x};
  other.logits = network.forward(x, BatchNormMode::batch_statistics, nullptr);
  add_gradients(summed_output(setting, other.logits), true, false, other);
  const at::Tensor once = flow_of(pass);
  const at::Tensor apart = (flow_of(other) - once).abs();
  if (!(apart > kAgreement * once).item<bool>()) return;
  throw std::invalid_argument(
      "the gradients are rounding noise: BatchNorms divide channels that are "
      "nearly constant for an image of ones");
}

void run_synflow(
    const Setting& setting,
    BatchNormMode batch_norm,
    const ProxyRuns& runs) {
  const Network& network = *setting.network;
  const at::AutoGradMode mode(true);
  const auto runnable = linearised(network);
  Recording recording;
  const at::Tensor ones = at::ones_like(
      setting.random.noise.slice(0, 0, 1),
      setting.random.noise.options().dtype(at::kDouble));
  Pass pass{.network = *runnable, .recording = recording, .x = ones};
  const bool kept = batch_norm != BatchNormMode::bypass;
  pass.logits =
      runnable->forward(ones, batch_norm, kept ? &recording : nullptr);
  require_values(recording);
  add_gradients(summed_output(setting, pass.logits), true, false, pass);
  if (kept) require_no_noise(setting, *runnable, pass);
  show_to_all(pass, runs);
}

/// All layers and attention of the first minibatch, with the gradients of
/// random signs times the output where somebody looks at them.
void run_signs(const Setting& setting, const ProxyRuns& runs) {
  const bool derives = any_needs(runs, &Needs::parameter_gradients);
  const at::AutoGradMode mode(derives);
  const auto runnable = derives ? differentiable(*setting.network) : nullptr;
  const Network& network = runnable ? *runnable : *setting.network;
  Recording recording;
  recording.scope.attention = true;
  const DeviceMinibatch& minibatch = setting.minibatches[0];
  Pass pass{
      .network = network,
      .recording = recording,
      .x = minibatch.x,
      .y = minibatch.y};
  pass.logits =
      network.forward(minibatch.x, BatchNormMode::batch_statistics, &recording);
  if (derives) {
    const at::Tensor signs = output_signs(setting, pass.logits);
    add_gradients((pass.logits * signs).sum(), true, false, pass);
  }
  show_to_all(pass, runs);
}

void run_passes(PassKind kind, const Setting& setting, const ProxyRuns& runs) {
  switch (kind) {
    case PassKind::minibatch:
    case PassKind::jacobian:
      return run_minibatches(setting, runs);
    case PassKind::noise:
      return run_noise(setting, setting.random.noise, runs);
    case PassKind::noise_one:
      return run_noise(setting, setting.random.noise.slice(0, 0, 1), runs);
    case PassKind::synflow:
      return run_synflow(setting, BatchNormMode::bypass, runs);
    case PassKind::synflow_bn:
      return run_synflow(setting, BatchNormMode::batch_statistics, runs);
    case PassKind::signs:
      return run_signs(setting, runs);
    case PassKind::structure:
    case PassKind::weights:
    case PassKind::own:
      return;  // the observer does all of it in finish()
  }
}

}  // namespace

PassKind shared_kind(PassKind kind) {
  return kind == PassKind::jacobian ? PassKind::minibatch : kind;
}

void run_group(PassKind kind, const Setting& setting, const ProxyRuns& runs) {
  const at::Device device = setting.run.options.device();
  const Instant start = Instant::now(device);
  try {
    check_cancelled(setting);
    for (ProxyRun* run : runs) run->start(setting);
    if (setting.network != nullptr) run_passes(kind, setting, runs);
  } catch (const std::exception& error) {
    if (runs.size() > 1) {
      // Which stage threw concerns only those who need it: the codes of a
      // network exist without its loss, and its loss without its Jacobian.
      for (ProxyRun* run : runs) {
        run->reset();
        run_group(kind, setting, {run});
      }
      return;
    }
    for (ProxyRun* run : runs) run->fail(error);
  }
  const auto group = std::make_shared<const GroupTime>(
      GroupTime{{start, Instant::now(device)}, {runs.begin(), runs.end()}});
  for (ProxyRun* run : runs) {
    run->share(group);
    run->finish();
  }
}

}  // namespace zcp::engine
