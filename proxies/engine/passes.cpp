#include "proxies/engine/passes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "proxies/engine/differentiate.h"
#include "proxies/engine/loss.h"

namespace zcp::engine {
namespace {

using networks::BatchNormMode;
using networks::Network;
using networks::Recording;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// First line of what went wrong, without LibTorch's back trace.
std::string brief(const std::exception& error) {
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  std::string text =
      torch != nullptr ? torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

/// Lets an observer see a pass; what it throws is its own failure.
void show(const Pass& pass, Job& job) {
  if (job.failed) return;
  const auto start = Clock::now();
  try {
    job.observer->observe(pass);
  } catch (const std::exception& error) {
    job.fail(brief(error));
  }
  job.score.seconds += seconds_since(start);
}

void conclude(Job& job) {
  if (job.failed) return;
  const auto start = Clock::now();
  const double before = job.score.seconds;
  try {
    job.score = job.observer->finish();
  } catch (const std::exception& error) {
    job.fail(brief(error));
  }
  job.score.seconds = before + seconds_since(start);
}

bool any_needs(const Jobs& jobs, bool Needs::*need) {
  return std::ranges::any_of(
      jobs, [&](const Job* job) { return job->proxy->needs.*need; });
}

/// The network in float64 with absolute values, for the SynFlow family.
std::unique_ptr<Network> linearised(const Network& network) {
  return network.with_parameters([](const networks::Parameter& parameter) {
    return parameter.value.detach()
        .to(at::kDouble)
        .abs()
        .contiguous()
        .requires_grad_(true);
  });
}

/// Whether somebody may look at the gradient at a call's output.
bool wants_gradient(
    const networks::LayerCall& call,
    const Recording& recording) {
  return recording.scope.everything || call.kind == networks::LayerKind::conv ||
         call.kind == networks::LayerKind::linear;
}

/// Fills the pass with the gradients of `target` at the parameters and, where
/// asked for, at the outputs of calls, by one backward.
void differentiate(
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
      const bool wanted = wants_gradient(call, pass.recording);
      const bool own = wanted && call.own_input;
      variables.push_back(wanted ? call.output : at::Tensor());
      variables.push_back(own ? call.input : at::Tensor());
    }
  }
  const auto found = gradients_of(target, variables, GraphUse::last);
  for (std::size_t i = 0; i < first_output; ++i) {
    pass.gradients.push_back(found[i]);
  }
  for (std::size_t i = first_output; i < found.size(); i += 2) {
    pass.output_gradients.push_back(found[i]);
    pass.reader_gradients.push_back(found[i + 1]);
  }
}

/// What some need recorded; none where nobody needs anything.
std::optional<networks::RecordingScope> scope_for(const Jobs& jobs) {
  const networks::RecordingScope scope{
      .everything = any_needs(jobs, &Needs::activations),
      .codes = any_needs(jobs, &Needs::codes),
      .layers = any_needs(jobs, &Needs::layer_outputs)};
  if (!scope.everything && !scope.codes && !scope.layers) return std::nullopt;
  return scope;
}

/// The derivative of the summed logits at the input, for those who ask for it.
void show_jacobian(GraphUse use, Pass& pass, const Jobs& jobs) {
  pass.input_gradient = gradients_of(pass.logits.sum(), {pass.x}, use)[0];
  const at::NoGradGuard no_grad;
  for (Job* job : jobs) show(pass, *job);
  pass.input_gradient = at::Tensor();
  pass.x = pass.x.detach();
}

bool asks_for_jacobian(const Job* job) {
  return job->proxy->needs.pass == PassKind::jacobian;
}

/// Jobs of the kinds minibatch and jacobian.
struct MinibatchJobs {
  Jobs jacobian;  ///< see the first minibatch
  Jobs loss;      ///< see the first, or all

  explicit MinibatchJobs(const Jobs& jobs) {
    std::ranges::partition_copy(
        jobs,
        std::back_inserter(jacobian),
        std::back_inserter(loss),
        asks_for_jacobian);
  }

  /// Those who see minibatch i.
  MinibatchJobs at(std::size_t i) const {
    if (i == 0) return *this;
    MinibatchJobs present({});
    std::ranges::copy_if(
        loss, std::back_inserter(present.loss), [](const Job* job) {
          return job->proxy->needs.all_minibatches;
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

/// One forward pass for all, a backward for the Jacobian, one for the loss.
void run_minibatch(
    const Setting& setting,
    const Network& network,
    std::size_t i,
    const MinibatchJobs& jobs) {
  const DeviceMinibatch& minibatch = setting.minibatches[i];
  const bool jacobian = !jobs.jacobian.empty();
  const bool loss = jobs.want_gradients() || jobs.want_output_gradients();
  const auto scope = scope_for(jobs.loss);
  Recording recording;
  if (scope) recording.scope = *scope;
  const at::Tensor x = jacobian
                           ? minibatch.x.detach().clone().requires_grad_(true)
                           : minibatch.x;
  Pass pass{
      network,
      recording,
      static_cast<int>(i),
      x,
      minibatch.y,
      {},
      {},
      {},
      {},
      {}};
  pass.logits = network.forward(
      x, BatchNormMode::batch_statistics, scope ? &recording : nullptr);
  if (jacobian) {
    show_jacobian(loss ? GraphUse::again : GraphUse::last, pass, jobs.jacobian);
  }
  if (loss) {
    differentiate(
        mean_loss(pass.logits, minibatch, setting.protocol.loss),
        jobs.want_gradients(),
        jobs.want_output_gradients(),
        pass);
  }
  const at::NoGradGuard no_grad;
  for (Job* job : jobs.loss) show(pass, *job);
}

void run_minibatches(const Setting& setting, const Jobs& all) {
  const MinibatchJobs jobs(all);
  const bool every = any_needs(jobs.loss, &Needs::all_minibatches);
  const std::size_t count = every ? setting.minibatches.size() : 1;
  const bool derives = !jobs.jacobian.empty() || jobs.want_gradients() ||
                       jobs.want_output_gradients();
  const at::AutoGradMode mode(derives);
  const auto runnable = derives ? differentiable(*setting.network) : nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    run_minibatch(
        setting, runnable ? *runnable : *setting.network, i, jobs.at(i));
  }
}

void run_noise(
    const Setting& setting,
    const at::Tensor& inputs,
    const Jobs& jobs) {
  const Network& network = *setting.network;
  // Derivatives between activations need a graph, not the weights' gradients.
  const bool graph = any_needs(jobs, &Needs::activation_gradients);
  const at::AutoGradMode mode(graph);
  Recording recording;
  const at::Tensor x = graph ? inputs.detach().requires_grad_(true) : inputs;
  Pass pass{network, recording, 0, x, {}, {}, {}, {}, {}, {}};
  pass.logits = network.forward(x, BatchNormMode::batch_statistics, &recording);
  const at::NoGradGuard no_grad;
  for (Job* job : jobs) show(pass, *job);
}

void run_synflow(
    const Setting& setting,
    BatchNormMode batch_norm,
    const Jobs& jobs) {
  const Network& network = *setting.network;
  const at::AutoGradMode mode(true);
  const auto runnable = linearised(network);
  Recording recording;
  const at::Tensor ones = at::ones_like(
      setting.noise.slice(0, 0, 1), setting.noise.options().dtype(at::kDouble));
  Pass pass{*runnable, recording, 0, ones, {}, {}, {}, {}, {}, {}};
  const bool kept = batch_norm != BatchNormMode::bypass;
  pass.logits =
      runnable->forward(ones, batch_norm, kept ? &recording : nullptr);
  for (const auto& call : recording.calls) {
    if (call.kind == networks::LayerKind::batch_norm &&
        call.input.numel() == call.input.size(1)) {
      throw std::invalid_argument("a BatchNorm sees one value a channel");
    }
  }
  differentiate(pass.logits.sum(), true, false, pass);
  const at::NoGradGuard no_grad;
  for (Job* job : jobs) show(pass, *job);
}

void run(PassKind kind, const Setting& setting, const Jobs& jobs) {
  switch (kind) {
    case PassKind::minibatch:
    case PassKind::jacobian:
      return run_minibatches(setting, jobs);
    case PassKind::noise:
      return run_noise(setting, setting.noise, jobs);
    case PassKind::noise_one:
      return run_noise(setting, setting.noise.slice(0, 0, 1), jobs);
    case PassKind::synflow:
      return run_synflow(setting, BatchNormMode::bypass, jobs);
    case PassKind::synflow_bn:
      return run_synflow(setting, BatchNormMode::batch_statistics, jobs);
    case PassKind::structure:
    case PassKind::weights:
    case PassKind::own:
      return;  // the observer does all of it in finish()
  }
}

/// By a pass that broke: its jobs as new, those of each kind for themselves.
std::vector<Jobs> apart(const Jobs& jobs) {
  const MinibatchJobs kinds(jobs);
  if (kinds.jacobian.empty() || kinds.loss.empty()) return {};
  for (Job* job : jobs) {
    job->observer.reset();
    job->score = {};
    job->failed = false;
  }
  return {kinds.jacobian, kinds.loss};
}

}  // namespace

PassKind shared_kind(PassKind kind) {
  return kind == PassKind::jacobian ? PassKind::minibatch : kind;
}

void Job::fail(const std::string& reason) {
  failed = true;
  score.status = ScoreStatus::failed;
  score.reason = reason;
}

void run_group(PassKind kind, const Setting& setting, const Jobs& jobs) {
  const auto start = Clock::now();
  double own = 0;
  try {
    for (Job* job : jobs) {
      job->observer = job->proxy->make(setting);
    }
    if (setting.network != nullptr) run(kind, setting, jobs);
  } catch (const std::exception& error) {
    // A network may have a loss and no Jacobian, or the reverse.
    const auto parts = apart(jobs);
    for (const Jobs& part : parts) run_group(kind, setting, part);
    if (!parts.empty()) return;
    for (Job* job : jobs) job->fail(brief(error));
  }
  for (const Job* job : jobs) own += job->score.seconds;
  const double shared =
      (seconds_since(start) - own) / static_cast<double>(jobs.size());
  for (Job* job : jobs) {
    job->score.seconds += shared;
    conclude(*job);
    job->observer.reset();
  }
}

}  // namespace zcp::engine
