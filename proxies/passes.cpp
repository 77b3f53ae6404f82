#include "proxies/passes.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "proxies/differentiate.h"
#include "proxies/loss.h"

namespace zcp::proxies {
namespace {

using nets::BatchNormMode;
using nets::Network;
using nets::Recording;
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
  return network.with_parameters([](const nets::Parameter& parameter) {
    return parameter.value.detach()
        .to(at::kDouble)
        .abs()
        .contiguous()
        .requires_grad_(true);
  });
}

/// Gradients of `target` at parameters and, where asked for, at the output of
/// every call, in one backward.
void differentiate(
    const at::Tensor& target,
    bool parameters,
    bool outputs,
    Pass& pass) {
  std::vector<at::Tensor> wanted;
  const auto want = [&](const at::Tensor& tensor) {
    if (tensor.requires_grad()) wanted.push_back(tensor);
  };
  if (parameters) {
    for (const auto& parameter : pass.network.parameters()) {
      want(parameter.value);
    }
  }
  if (outputs) {
    for (const auto& call : pass.recording.calls) {
      want(call.output);
      if (call.own_input) want(call.input);
    }
  }
  std::vector<at::Tensor> found(wanted.size());
  if (target.requires_grad() && !wanted.empty()) {
    found = torch::autograd::grad({target}, wanted, {}, false, false, true);
  }
  std::size_t next = 0;
  const auto give = [&](const at::Tensor& tensor) {
    return tensor.requires_grad() ? found[next++] : at::Tensor();
  };
  if (parameters) {
    for (const auto& parameter : pass.network.parameters()) {
      pass.gradients.push_back(give(parameter.value));
    }
  }
  if (outputs) {
    for (const auto& call : pass.recording.calls) {
      pass.output_gradients.push_back(give(call.output));
      pass.reader_gradients.push_back(
          call.own_input ? give(call.input) : at::Tensor());
    }
  }
}

/// What some need recorded.
std::optional<nets::RecordingScope> scope_for(const Jobs& jobs) {
  if (any_needs(jobs, &Needs::activations) ||
      any_needs(jobs, &Needs::activation_gradients)) {
    return nets::RecordingScope::everything;
  }
  if (any_needs(jobs, &Needs::codes)) return nets::RecordingScope::codes;
  return std::nullopt;
}

void run_minibatches(const Setting& setting, Jobs& jobs) {
  const Network& network = *setting.network;
  const auto minibatches = setting.minibatches;
  const bool gradients = any_needs(jobs, &Needs::parameter_gradients);
  const bool outputs = any_needs(jobs, &Needs::activation_gradients);
  const bool all = any_needs(jobs, &Needs::all_minibatches);
  const std::size_t count = all ? minibatches.size() : 1;
  const at::AutoGradMode mode(gradients || outputs);
  const auto runnable =
      gradients || outputs ? differentiable(network) : nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    // Later minibatches serve only who asked for each.
    Jobs present;
    std::ranges::copy_if(jobs, std::back_inserter(present), [&](Job* job) {
      return i == 0 || job->proxy->needs.all_minibatches;
    });
    const auto scope = scope_for(present);
    Recording recording;
    if (scope) recording.scope = *scope;
    Pass pass{
        runnable ? *runnable : network,
        recording,
        static_cast<int>(i),
        minibatches[i].x,
        minibatches[i].y,
        {},
        {},
        {},
        {},
        {}};
    pass.logits = pass.network.forward(
        pass.x, BatchNormMode::batch_statistics, scope ? &recording : nullptr);
    if (gradients || outputs) {
      const at::Tensor loss =
          mean_loss(pass.logits, minibatches[i], setting.protocol.loss);
      const bool at_outputs = any_needs(present, &Needs::activation_gradients);
      differentiate(loss, gradients, at_outputs, pass);
    }
    const at::NoGradGuard no_grad;
    for (Job* job : present) show(pass, *job);
  }
}

void run_jacobian(const Setting& setting, Jobs& jobs) {
  const Network& network = *setting.network;
  const auto minibatches = setting.minibatches;
  const at::AutoGradMode mode(true);
  Recording recording;
  Pass pass{
      network,
      recording,
      0,
      minibatches[0].x.detach().clone().requires_grad_(true),
      minibatches[0].y,
      {},
      {},
      {},
      {},
      {}};
  pass.logits =
      network.forward(pass.x, BatchNormMode::batch_statistics, nullptr);
  if (pass.logits.requires_grad()) {
    pass.input_gradient = torch::autograd::grad(
        {pass.logits.sum()}, {pass.x}, {}, false, false, true)[0];
  }
  const at::NoGradGuard no_grad;
  for (Job* job : jobs) show(pass, *job);
}

void run_noise(const Setting& setting, const at::Tensor& inputs, Jobs& jobs) {
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

void run_synflow(const Setting& setting, BatchNormMode batch_norm, Jobs& jobs) {
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
    if (call.kind == nets::LayerKind::batch_norm &&
        call.input.numel() == call.input.size(1)) {
      throw std::invalid_argument("a BatchNorm sees one value a channel");
    }
  }
  differentiate(pass.logits.sum(), true, false, pass);
  const at::NoGradGuard no_grad;
  for (Job* job : jobs) show(pass, *job);
}

void run(PassKind kind, const Setting& setting, Jobs& jobs) {
  switch (kind) {
    case PassKind::minibatch:
      return run_minibatches(setting, jobs);
    case PassKind::jacobian:
      return run_jacobian(setting, jobs);
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

}  // namespace

void Job::fail(const std::string& reason) {
  failed = true;
  score.status = Status::failed;
  score.reason = reason;
}

void run_group(PassKind kind, const Setting& setting, Jobs& jobs) {
  const auto start = Clock::now();
  double own = 0;
  try {
    for (Job* job : jobs) {
      job->observer = job->proxy->make(setting);
    }
    if (setting.network != nullptr) run(kind, setting, jobs);
  } catch (const std::exception& error) {
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

}  // namespace zcp::proxies
