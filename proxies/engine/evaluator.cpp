#include "proxies/engine/evaluator.h"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>

#include <map>
#include <utility>

#include "common/error.h"
#include "nets/kernels/one_core.h"
#include "nets/networks/graph_network.h"
#include "nets/networks/model_summary.h"
#include "nets/networks/network.h"
#include "nets/networks/redraw.h"
#include "nets/networks/script_network.h"
#include "proxies/engine/bfloat16.h"
#include "proxies/engine/device.h"
#include "proxies/engine/device_data.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/passes.h"

namespace zcp::engine {
namespace {

using initialisers::Initialiser;
using networks::Network;

/// The network to score, apart from its weights.
struct Subject {
  std::int64_t params;
  std::int64_t macs;
  const graph::Graph* graph = nullptr;  ///< null for a TorchScript file
  /// The initialiser of a proxy's network.
  std::function<Initialiser(const Descriptor&)> initialiser_of;
  /// Makes the network under an initialiser.
  std::function<std::unique_ptr<Network>(Initialiser)> make_network;
};

}  // namespace

struct Evaluator::State {
  RunSettings settings;
  std::optional<Initialiser> initialiser;
  Shape shape;
  Output output{0};
  std::vector<DeviceMinibatch> minibatches;
  RandomInputs random;
  std::optional<c10::Stream> stream;

  Setting setting(const Subject& subject, const Network* network) const {
    return {
        settings,
        network,
        subject.graph,
        subject.params,
        subject.macs,
        output.channels,
        minibatches,
        random};
  }

  Initialiser initialiser_of(const Descriptor& proxy) const {
    if (initialiser) return *initialiser;
    return proxy.needs.initialiser.value_or(Initialiser::pytorch);
  }

  std::optional<std::string> refusal(const Descriptor& proxy) const;
  std::vector<Score> score(
      const Subject& subject,
      std::span<const Descriptor* const> which) const;
};

/// Why the proxy has no score in this run, whatever the network; none where it
/// may have one.
std::optional<std::string> Evaluator::State::refusal(
    const Descriptor& proxy) const {
  const int needed = proxy.needs.minibatches;
  if (settings.minibatches < needed) {
    return "needs --minibatches " + std::to_string(needed) + " or more";
  }
  if (settings.options.dtype() == at::kBFloat16) {
    if (const auto reason = refusal_in_bfloat16(proxy)) return reason;
  }
  if (proxy.needs.classes && output.head != Head::classes) {
    return "needs a class for each input, which the task has not";
  }
  return std::nullopt;
}

std::vector<Score> Evaluator::State::score(
    const Subject& subject,
    std::span<const Descriptor* const> which) const {
  kernels::use_one_core();
  c10::OptionalStreamGuard guard;
  if (stream) guard.reset_stream(*stream);
  std::vector<ProxyRun> runs;
  for (const Descriptor* proxy : which) runs.emplace_back(*proxy);
  std::map<Initialiser, std::map<PassKind, ProxyRuns>> grouped;
  for (std::size_t i = 0; i < which.size(); ++i) {
    if (const auto reason = refusal(*which[i])) {
      runs[i].set(Score::degenerate(*reason));
      continue;
    }
    const PassKind kind = shared_kind(which[i]->needs.pass);
    grouped[subject.initialiser_of(*which[i])][kind].push_back(&runs[i]);
  }
  for (auto& [drawn_by, by_pass] : grouped) {
    std::unique_ptr<Network> network;
    for (auto& [kind, group] : by_pass) {
      if (kind != PassKind::structure && network == nullptr) {
        network = subject.make_network(drawn_by);
      }
      run_group(kind, setting(subject, network.get()), group);
    }
  }
  std::vector<Score> scores;
  for (const ProxyRun& run : runs) scores.push_back(run.score());
  return scores;
}

Evaluator::Evaluator(
    const std::vector<const Descriptor*>& proxies,
    const EvaluatorOptions& options,
    Shape shape,
    Output output,
    const std::vector<Minibatch>& minibatches) {
  auto state = std::make_unique<State>();
  state->settings = {
      .seed = options.seed,
      .batch_size = options.batch_size,
      .minibatches = options.minibatches,
      .loss = options.loss,
      .options = tensor_options(options.precision, options.device)};
  state->initialiser = options.initialiser;
  state->shape = shape;
  state->output = output;
  for (const Minibatch& host : minibatches) {
    state->minibatches.push_back(on_device(host, state->settings.options));
  }
  for (const Descriptor* proxy : proxies) {
    if (proxy->needs.inputs() && minibatches.empty()) {
      throw UserError("{} needs inputs, found none", proxy->name);
    }
  }
  state->random = draw_random_inputs(state->settings, shape, options.noise);
  state->stream = own_stream(state->settings.options.device());
  state_ = std::move(state);
}

Evaluator::~Evaluator() = default;

std::vector<Score> Evaluator::score(
    const graph::Graph& graph,
    std::span<const Descriptor* const> which) const {
  return state_->score(
      {graph.params(),
       graph.macs(),
       &graph,
       [&](const Descriptor& proxy) { return state_->initialiser_of(proxy); },
       [&](Initialiser initialiser) {
         return networks::make_graph_network(
             graph,
             initialiser,
             state_->settings.seed,
             state_->settings.options);
       }},
      which);
}

std::vector<Score> Evaluator::score(
    const graph::Graph& graph,
    std::span<const float> parameters,
    std::span<const Descriptor* const> which) const {
  // All proxies share one network: the weights are the given ones.
  return state_->score(
      {graph.params(),
       graph.macs(),
       &graph,
       [](const Descriptor&) { return Initialiser::pytorch; },
       [&](Initialiser) {
         return networks::make_graph_network(
             graph, parameters, state_->settings.options);
       }},
      which);
}

std::vector<Score> Evaluator::score_model(
    const std::filesystem::path& path,
    std::span<const Descriptor* const> which) const {
  const auto loaded = networks::load_script_network(
      path, state_->settings.options, {.seed = state_->settings.seed});
  const networks::ModelSummary summary =
      networks::summarise_model(*loaded, path, state_->shape);
  // All proxies share one network: with the file's weights, or redrawn by the
  // initialiser that the user asked for.
  const auto& redrawn_by = state_->initialiser;
  return state_->score(
      {summary.params,
       summary.macs,
       nullptr,
       [&](const Descriptor&) {
         return redrawn_by.value_or(Initialiser::pytorch);
       },
       [&](Initialiser drawn_by) -> std::unique_ptr<Network> {
         if (redrawn_by) {
           return networks::redraw(*loaded, drawn_by, state_->settings.seed);
         }
         return loaded->with_parameters(
             [](const networks::Parameter& parameter) {
               return parameter.value;
             });
       }},
      which);
}

}  // namespace zcp::engine
