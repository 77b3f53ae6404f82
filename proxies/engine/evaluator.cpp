#include "proxies/engine/evaluator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/StreamGuard.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "common/crew.h"
#include "common/error.h"
#include "nets/kernels/device.h"
#include "nets/kernels/device_arithmetic.h"
#include "nets/kernels/one_core.h"
#include "nets/networks/graph_network.h"
#include "nets/networks/model_summary.h"
#include "nets/networks/network.h"
#include "nets/networks/padding_mask.h"
#include "nets/networks/program_network.h"
#include "nets/networks/redraw.h"
#include "nets/networks/script_network.h"
#include "proxies/engine/bfloat16.h"
#include "proxies/engine/cost.h"
#include "proxies/engine/device.h"
#include "proxies/engine/device_data.h"
#include "proxies/engine/input_check.h"
#include "proxies/engine/memory.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/passes.h"

namespace zcp::engine {
namespace {

using initialisers::Initialiser;
using networks::Network;

/// The network to score, apart from its weights.
struct Subject {
  std::int64_t params;
  std::int64_t macs;                    ///< -1 where it cannot run
  std::int64_t activations;             ///< Workload::activations
  const graph::Graph* graph = nullptr;  ///< null for a TorchScript file
  /// The initialiser of a proxy's network.
  std::function<Initialiser(const Descriptor&)> initialiser_of;
  /// Makes the network under an initialiser.
  std::function<std::unique_ptr<Network>(Initialiser)> make_network;
  /// The score of every proxy that runs it, where it cannot run.
  std::optional<Score> cannot_run = {};
  /// Minibatches with labels of its own; empty: those of all networks.
  std::vector<DeviceMinibatch> minibatches = {};
  /// What proxies that run nothing look at; null: the graph.
  const Network* loaded = nullptr;
};

/// Why the values of a minibatch have no meaning; none where they have.
struct InputFaults {
  std::optional<std::string> inputs;
  std::optional<std::string> numbers;
};

/// Those of each minibatch. Samples are counted over all of them.
/// `many` and `one` name the inputs.
std::vector<InputFaults> faults_of(
    const std::vector<Minibatch>& minibatches,
    const char* many,
    const char* one_of_them) {
  std::vector<InputFaults> faults;
  std::int64_t first = 0;
  for (const Minibatch& one : minibatches) {
    faults.push_back(
        {describe_not_finite(one.x, one.size, first, many, one_of_them),
         describe_not_finite(
             one.numbers, one.size, first, "numbers", "sample")});
    first += one.size;
  }
  return faults;
}

/// Of all layers; of attention also the weights, a number for each head and
/// pair of tokens.
std::int64_t output_elements(std::span<const graph::Layer> layers) {
  std::int64_t sum = 0;
  for (const graph::Layer& layer : layers) {
    sum += layer.output.elements();
    if (layer.op != graph::Op::attention) continue;
    const std::int64_t tokens =
        std::int64_t{layer.output.height} * layer.output.width;
    sum += 2 * layer.attributes.groups * tokens * tokens;
  }
  return sum;
}

/// Whether the proxy looks at the network without running it.
bool runs_nothing(PassKind kind) {
  return kind == PassKind::structure || kind == PassKind::weights;
}

/// Whether the network can be told which of its words are padding.
bool takes_mask(const graph::Graph& graph) {
  return graph.program() != nullptr && networks::takes_words(*graph.program());
}

std::int64_t params_of(const Network& network) {
  std::int64_t params = 0;
  for (const networks::Parameter& parameter : network.parameters()) {
    params += parameter.value.numel();
  }
  return params;
}

/// What a TorchScript network is apart from its weights.
struct Summary {
  std::int64_t params = 0;
  std::int64_t macs = -1;
  std::int64_t activations = 0;
  int outputs = 0;
  std::optional<Score> cannot_run;
};

/// A failure with a reason that names the file.
Score failure_of(
    const std::exception& error,
    const std::filesystem::path& path) {
  Score score = failed_by(error);
  if (score.reason.find(path.string()) == std::string::npos) {
    score.reason = path.string() + ": " + score.reason;
  }
  return score;
}

/// Runs the network once. One that does not run keeps its #params. Throws
/// OutputNotChosen.
Summary summarise(
    const networks::ScriptNetwork& network,
    const std::filesystem::path& path,
    Shape shape,
    std::int64_t samples) {
  Summary summary;
  try {
    const auto whole = networks::summarise_model(network, path, shape, samples);
    summary.params = whole.params;
    summary.macs = whole.macs;
    summary.activations = output_elements(whole.layers);
    summary.outputs = whole.outputs;
  } catch (const networks::OutputNotChosen&) {
    throw;
  } catch (const std::exception& error) {
    summary.params = params_of(network);
    summary.cannot_run = failure_of(error, path);
  }
  return summary;
}

/// Waits for the values that are still on a device; without them the runs fail.
void read_scores(std::vector<ProxyRun>& runs) {
  try {
    std::vector<Score*> scores;
    for (ProxyRun& run : runs) scores.push_back(&run.score());
    read_pending(scores);
  } catch (const std::exception& error) {
    for (ProxyRun& run : runs) {
      if (run.score().pending != nullptr) run.fail(error);
    }
  }
}

/// Whether a proxy that runs the network failed.
bool any_run_failed(
    std::span<const Descriptor* const> which,
    std::span<const Score> scores) {
  for (std::size_t i = 0; i < which.size(); ++i) {
    if (runs_nothing(shared_kind(which[i]->needs.pass))) continue;
    if (scores[i].status == ScoreStatus::failed && !scores[i].transient) {
      return true;
    }
  }
  return false;
}

/// Gives `score` to all that failed for a reason of the network's.
void replace_failed(const Score& score, std::span<Score> scores) {
  for (Score& one : scores) {
    if (one.status == ScoreStatus::failed && !one.transient) one = score;
  }
}

void fail_all(const ProxyRuns& runs, const Score& score) {
  for (ProxyRun* run : runs) run->set(score);
}

/// The network of an initialiser, made by the first task that runs it. Its
/// tasks own it together, so that the last one to end lets go of it.
class DrawnNetwork {
 public:
  DrawnNetwork(const Subject& subject, Initialiser drawn_by)
      : subject_(subject), drawn_by_(drawn_by) {}

  const Network* get() {
    const std::scoped_lock lock(mutex_);
    if (network_ == nullptr) network_ = subject_.make_network(drawn_by_);
    return network_.get();
  }
  const std::shared_ptr<SharedValues>& shared() const { return shared_; }

 private:
  const Subject& subject_;
  const Initialiser drawn_by_;
  std::mutex mutex_;
  std::unique_ptr<Network> network_;
  const std::shared_ptr<SharedValues> shared_ =
      std::make_shared<SharedValues>();
};

/// Runs that go together: they share passes, or what they make of the network.
struct Task {
  PassKind kind;
  std::shared_ptr<DrawnNetwork> network;
  ProxyRuns runs;
  double cost;
  double memory;  ///< bytes, without those of passes that are jobs themselves
};

/// Bytes for each thread of a network. Its passes run at once as far as they
/// take less by the estimate of memory.h.
constexpr double kMemoryOfAThread = 2.3e9;

/// What Task::memory says.
double
memory_of(PassKind kind, const ProxyRuns& runs, const Workload& workload) {
  const Footprint own = footprint(proxies_of(runs), workload);
  return kind == PassKind::minibatch ? own.kept : own.kept + own.pass;
}

/// Proxies that run the network themselves have nothing in common, but those
/// that do the same besides passes: it would be made twice at the same time.
std::vector<ProxyRuns> parts_of(PassKind kind, const ProxyRuns& group) {
  if (kind != PassKind::own) return {group};
  std::map<std::string, ProxyRuns> by_work;
  for (ProxyRun* run : group) {
    by_work[own_work_of(run->proxy())].push_back(run);
  }
  std::vector<ProxyRuns> parts;
  for (auto& [work, runs] : by_work) parts.push_back(std::move(runs));
  return parts;
}

}  // namespace

struct Evaluator::State {
  RunSettings settings;
  std::optional<Initialiser> initialiser;
  Shape shape;
  Output output{0};
  std::vector<DeviceMinibatch> minibatches;
  std::vector<InputFaults> faults;  // by minibatch
  std::int64_t vocabulary = 0;      // of the minibatches; 0: real numbers
  bool noise_words = false;
  bool masked = false;
  NetworkInputs inputs;
  std::string parameter_prefix;
  std::int64_t memory_limit = 0;
  std::optional<std::string> script_output;
  std::vector<std::string> script_blocks;
  decltype(EvaluatorOptions::labels_for) labels_for;
  RandomInputs random;
  HostNoise noise;
  std::optional<c10::Stream> stream;
  /// Random inputs in the place of the embeddings of words, by their features.
  mutable std::mutex mutex;
  mutable std::map<std::int64_t, RandomInputs> random_embeddings;

  Setting setting(const Subject& subject, const Network* network) const {
    return {
        settings,
        network,
        subject.graph,
        subject.params,
        subject.macs,
        output.channels,
        subject.minibatches.empty() ? minibatches : subject.minibatches,
        random_for(network)};
  }

  /// Random inputs that the network takes.
  RandomInputs random_for(const Network* network) const {
    const std::int64_t features =
        network != nullptr ? network->word_features() : 0;
    if (features == 0) return random;
    const std::scoped_lock lock(mutex);
    RandomInputs& drawn = random_embeddings[features];
    if (!drawn.noise.defined()) {
      drawn = draw_random_inputs(settings, {shape.height, features}, noise);
    }
    return drawn;
  }

  Initialiser initialiser_of(const Descriptor& proxy) const {
    if (initialiser) return *initialiser;
    return proxy.needs.initialiser.value_or(Initialiser::pytorch);
  }

  std::optional<std::string> refusal(const Descriptor& proxy) const;
  std::optional<std::string> fault_of_inputs(const Descriptor& proxy) const;
  std::optional<std::string> fault_of_wholes(const Descriptor& proxy) const;
  graph::Program program_of(const graph::Graph& graph) const;
  Workload workload(const Subject& subject) const;
  std::vector<DeviceMinibatch> minibatches_of(
      const networks::ScriptNetwork& network,
      int outputs) const;
  std::optional<std::string> fault_of_words(
      const networks::ScriptNetwork& network) const;
  std::optional<Score> fault_of_batch(
      const Network& network,
      const std::filesystem::path& path) const;
  std::optional<std::string> fault_of_weights(const Network& network) const;
  std::vector<Score> score_script(
      const networks::ScriptNetwork& loaded,
      const std::filesystem::path& path,
      std::span<const Descriptor* const> which) const;
  void run_networks(
      const Subject& subject,
      std::vector<ProxyRun>& runs,
      Crew& crew) const;
  void run_task(const Subject& subject, const Task& task, Crew& crew) const;
  double cost_of(const ProxyRuns& runs) const;
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
  const bool labelled = minibatches.empty() || minibatches[0].y.defined();
  if (proxy.needs.labels && !labelled && !settings.loss_function) {
    return "needs labels, which the data have not";
  }
  if (const auto reason = fault_of_wholes(proxy)) return reason;
  return fault_of_inputs(proxy);
}

/// Why the proxy has no score where one of several inputs is of whole numbers.
std::optional<std::string> Evaluator::State::fault_of_wholes(
    const Descriptor& proxy) const {
  if (!inputs.has_whole() || runs_nothing(proxy.needs.pass)) {
    return std::nullopt;
  }
  if (!proxy.needs.inputs()) {
    return "draws its own inputs, which a network of whole numbers does not "
           "take";
  }
  if (proxy.needs.pass == PassKind::jacobian) {
    return "differentiates by the inputs, which are whole numbers";
  }
  return std::nullopt;
}

/// Why the inputs or numbers that the proxy reads have no meaning.
std::optional<std::string> Evaluator::State::fault_of_inputs(
    const Descriptor& proxy) const {
  if (!proxy.needs.inputs()) return std::nullopt;
  const std::size_t seen = proxy.needs.all_minibatches ? faults.size() : 1;
  for (std::size_t i = 0; i < std::min(seen, faults.size()); ++i) {
    if (faults[i].inputs) return faults[i].inputs;
    if (proxy.needs.labels && faults[i].numbers) return faults[i].numbers;
  }
  return std::nullopt;
}

/// The program of a graph that has one, with a mask where the data have one.
graph::Program Evaluator::State::program_of(const graph::Graph& graph) const {
  const graph::Program& program = *graph.program();
  return masked ? networks::with_mask(program) : program;
}

Workload Evaluator::State::workload(const Subject& subject) const {
  return {
      .params = subject.params,
      .activations = subject.activations,
      .batch_size = settings.batch_size,
      .minibatches = settings.minibatches,
      .bytes_a_number = static_cast<int>(settings.options.dtype().itemsize())};
}

/// The minibatches with the labels that a network of so many outputs has; empty
/// where those are the minibatches' own.
std::vector<DeviceMinibatch> Evaluator::State::minibatches_of(
    const networks::ScriptNetwork& network,
    int outputs) const {
  std::vector<DeviceMinibatch> changed;
  const std::int64_t known = network.vocabulary();
  const bool fewer_words = known > 0 && noise_words && known < vocabulary;
  if (fewer_words) {
    for (const DeviceMinibatch& own : minibatches) {
      changed.emplace_back(own).x = own.x.remainder(known);
    }
    return changed;
  }
  if (!labels_for || outputs == 0) return changed;
  for (std::size_t i = 0; i < minibatches.size(); ++i) {
    const auto labels = labels_for(static_cast<int>(i), outputs);
    if (!labels) return {};
    DeviceMinibatch& own = changed.emplace_back(minibatches[i]);
    own.y = at::tensor(*labels, at::kLong)
                .to(own.x.device())
                .reshape(minibatches[i].y.sizes());
    own.largest_label = *std::ranges::max_element(*labels);
  }
  return changed;
}

/// Why the network, which takes a single input, does not take a whole
/// minibatch; none where it does.
std::optional<Score> Evaluator::State::fault_of_batch(
    const Network& network,
    const std::filesystem::path& path) const {
  const at::NoGradGuard no_grad;
  try {
    const at::Tensor x =
        minibatches.empty() ? random_for(&network).noise : minibatches[0].x;
    network.forward(x, networks::BatchNormMode::batch_statistics, nullptr);
    return std::nullopt;
  } catch (const std::exception& error) {
    return failure_of(error, path);
  }
}

/// Which of the file's own weights are no numbers, as those of a training that
/// diverged: codes and signs of what they compute look like any others.
std::optional<std::string> Evaluator::State::fault_of_weights(
    const Network& network) const {
  if (initialiser) return std::nullopt;  // they are drawn anew
  const at::NoGradGuard no_grad;
  for (const networks::Parameter& parameter : network.parameters()) {
    if (at::isfinite(parameter.value).all().item<bool>()) continue;
    return "the parameter '" + parameter.name +
           "' holds NaN or an infinite value, expected numbers";
  }
  return std::nullopt;
}

/// Why the network does not take what the task gives: words, or real numbers.
std::optional<std::string> Evaluator::State::fault_of_words(
    const networks::ScriptNetwork& network) const {
  const std::int64_t known = network.vocabulary();
  if (minibatches.empty()) return std::nullopt;
  if (known > 0 && vocabulary == 0) {
    return "reads words, found real numbers; expected --task tokens";
  }
  if (known == 0 && vocabulary > 0) {
    return "looks no words up by torch.nn.Embedding, found words; expected a "
           "task of images, or a network that does";
  }
  if (masked && !network.takes_mask()) {
    return "takes words alone, found words with a mask; expected data without "
           "'mask', or a network with an input whose name holds 'mask'";
  }
  if (vocabulary > known && !noise_words) {
    return "knows " + std::to_string(known) + " words, found word " +
           std::to_string(vocabulary - 1);
  }
  return std::nullopt;
}

/// Runs what has no score yet, with one network for each initialiser. Tasks
/// depend on nothing but their network, so that scores are the same whichever
/// run at once.
void Evaluator::State::run_networks(
    const Subject& subject,
    std::vector<ProxyRun>& runs,
    Crew& crew) const {
  std::map<Initialiser, std::map<PassKind, ProxyRuns>> grouped;
  for (ProxyRun& run : runs) {
    if (run.is_set()) continue;
    const PassKind kind = shared_kind(run.needs().pass);
    grouped[subject.initialiser_of(run.proxy())][kind].push_back(&run);
  }
  std::vector<Task> tasks;
  for (auto& [drawn_by, by_pass] : grouped) {
    const auto network = std::make_shared<DrawnNetwork>(subject, drawn_by);
    const std::size_t first = tasks.size();
    for (auto& [kind, group] : by_pass) {
      if (subject.cannot_run && !runs_nothing(kind)) {
        fail_all(group, *subject.cannot_run);
        continue;
      }
      for (ProxyRuns& part : parts_of(kind, group)) {
        const double cost = cost_of(part);
        const double memory = memory_of(kind, part, workload(subject));
        tasks.push_back({kind, network, std::move(part), cost, memory});
      }
    }
    // The longest first, so that no core waits long for the last one.
    std::stable_sort(
        tasks.begin() + std::ptrdiff_t(first),
        tasks.end(),
        [](const Task& a, const Task& b) { return a.cost > b.cost; });
  }
  std::vector<Crew::Handle> jobs;
  for (Task& task : tasks) {
    const double memory = task.memory;
    jobs.push_back(crew.submit(
        [this, &subject, &crew, own = std::move(task)] {
          run_task(subject, own, crew);
        },
        memory));
  }
  crew.finish();
  for (const auto& job : jobs) crew.wait(job);
}

void Evaluator::State::run_task(
    const Subject& subject,
    const Task& task,
    Crew& crew) const {
  const Network* network = nullptr;
  try {
    if (task.kind != PassKind::structure) network = task.network->get();
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    fail_all(task.runs, failed_by(error));
    return;
  }
  Setting seen =
      setting(subject, network != nullptr ? network : subject.loaded);
  seen.shared = task.network->shared();
  seen.crew = &crew;
  seen.workload = workload(subject);
  run_group(task.kind, seen, task.runs);
}

/// About how long the runs take, in forward passes.
double Evaluator::State::cost_of(const ProxyRuns& runs) const {
  return relative_cost(
      proxies_of(runs),
      {settings.batch_size,
       settings.minibatches,
       std::max(output.channels, 1)});
}

std::vector<Score> Evaluator::State::score(
    const Subject& subject,
    std::span<const Descriptor* const> which) const {
  kernels::use_one_core();
  kernels::run_backward_on_this_thread();
  c10::OptionalStreamGuard guard;
  if (stream) guard.reset_stream(*stream);
  std::vector<ProxyRun> runs;
  for (const Descriptor* proxy : which) {
    ProxyRun& run = runs.emplace_back(*proxy);
    if (const auto reason = refusal(*proxy)) {
      run.set(Score::degenerate(*reason));
    } else if (
        subject.graph != nullptr && !subject.graph->cannot_run().empty() &&
        !proxy->needs.counts_only) {
      Score none = Score::failed(subject.graph->cannot_run());
      none.transient = true;  // a later version may run it
      run.set(none);
    } else if (
        subject.graph != nullptr && masked && !takes_mask(*subject.graph) &&
        !proxy->needs.counts_only) {
      run.set(Score::failed(
          "networks of this space take no mask, found words with one"));
    } else if (
        subject.graph != nullptr && subject.graph->program() == nullptr &&
        proxy->needs.pass == PassKind::signs) {
      run.set(Score::degenerate("of transformers alone, found no attention"));
    } else if (
        const auto too_large =
            refusal_by_memory(*proxy, workload(subject), memory_limit)) {
      Score none = Score::failed(*too_large);
      none.transient = true;  // the limit is no part of the protocol
      run.set(none);
    }
  }
  SpareCores spare(stream ? 0 : std::max(settings.threads, 1) - 1);
  Crew crew(
      &spare,
      [] {
        kernels::use_one_core_in_this_thread();
        kernels::run_backward_on_this_thread();
      },
      kMemoryOfAThread * std::max(settings.threads, 1));
  run_networks(subject, runs, crew);
  read_scores(runs);
  ProxyRun::measure(runs);
  std::vector<Score> scores;
  for (const ProxyRun& run : runs) {
    scores.push_back(run.score());
  }
  if (subject.cannot_run) replace_failed(*subject.cannot_run, scores);
  return scores;
}

std::vector<Score> Evaluator::State::score_script(
    const networks::ScriptNetwork& loaded,
    const std::filesystem::path& path,
    std::span<const Descriptor* const> which) const {
  const bool none_runs = std::ranges::all_of(which, [](const auto* proxy) {
    return runs_nothing(shared_kind(proxy->needs.pass));
  });
  Summary summary;
  try {
    summary = summarise(loaded, path, shape, settings.batch_size);
  } catch (const networks::OutputNotChosen& error) {
    if (!none_runs) throw;
    summary.params = params_of(loaded);
    summary.cannot_run = failure_of(error, path);
  }
  auto fault = fault_of_words(loaded);
  if (!fault && !none_runs) fault = fault_of_weights(loaded);
  if (fault) {
    summary.cannot_run = Score::failed(path.string() + ": " + *fault);
  }
  // All proxies share one network: with the file's weights, or redrawn by the
  // initialiser that the user asked for.
  const Subject subject{
      summary.params,
      summary.macs,
      summary.activations,
      nullptr,
      [&](const Descriptor&) {
        return initialiser.value_or(Initialiser::pytorch);
      },
      [&](Initialiser drawn_by) -> std::unique_ptr<Network> {
        if (initialiser) {
          return networks::redraw(loaded, drawn_by, settings.seed);
        }
        return loaded.with_parameters([](const networks::Parameter& parameter) {
          return parameter.value;
        });
      },
      summary.cannot_run,
      minibatches_of(loaded, summary.outputs),
      &loaded};
  std::vector<Score> scores = score(subject, which);
  if (!summary.cannot_run && any_run_failed(which, scores)) {
    if (const auto failure = fault_of_batch(loaded, path)) {
      replace_failed(*failure, scores);
    }
  }
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
      .loss_function = options.loss_function,
      .is_cancelled = options.is_cancelled,
      .threads = options.threads,
      .features = output.head == Head::tokens,
      .options = tensor_options(options.precision, options.device)};
  state->initialiser = options.initialiser;
  state->script_output = options.output;
  state->script_blocks = options.blocks;
  state->labels_for = options.labels_for;
  state->inputs = options.inputs;
  state->parameter_prefix = options.parameter_prefix;
  if (state->inputs.has_whole() && options.precision == "bf16") {
    throw UserError(
        "--precision bf16: inputs of whole numbers lose digits; expected fp32 "
        "or fp64");
  }
  state->shape = shape;
  state->output = output;
  for (const Minibatch& host : minibatches) {
    const int index = static_cast<int>(state->minibatches.size());
    auto& there = state->minibatches.emplace_back(
        on_device(host, state->settings.options));
    there.samples = {index, 0, host.size};
  }
  const bool several = !options.inputs.empty();
  state->faults = faults_of(
      minibatches, several ? "inputs" : "images", several ? "sample" : "image");
  state->memory_limit = options.memory_limit;
  for (const Descriptor* proxy : proxies) {
    if (proxy->needs.inputs() && minibatches.empty()) {
      throw UserError("{} needs inputs, found none", proxy->name);
    }
  }
  state->random = draw_random_inputs(
      state->settings,
      {shape.channels, shape.height, shape.width},
      options.noise);
  state->noise = options.noise;
  if (!minibatches.empty()) {
    state->vocabulary = minibatches[0].vocabulary;
    state->noise_words = minibatches[0].noise;
    // Words that a mask hides are negative.
    state->masked =
        state->vocabulary > 0 &&
        std::ranges::any_of(minibatches, [](const Minibatch& minibatch) {
          return std::ranges::any_of(
              minibatch.x, [](float word) { return word < 0; });
        });
  }
  state->stream = kernels::own_stream(state->settings.options.device());
  state_ = std::move(state);
}

Evaluator::~Evaluator() = default;

std::vector<Score> Evaluator::score(
    const graph::Graph& graph,
    std::span<const Descriptor* const> which) const {
  return state_->score(
      {graph.params(),
       graph.macs(),
       output_elements(graph.layers()),
       &graph,
       [&](const Descriptor& proxy) { return state_->initialiser_of(proxy); },
       [&](Initialiser initialiser) -> std::unique_ptr<Network> {
         if (graph.program() != nullptr) {
           // The authors' own draws stand where PyTorch's would.
           const bool own =
               !state_->initialiser && initialiser == Initialiser::pytorch;
           return networks::make_program_network(
               state_->program_of(graph),
               own ? std::nullopt : std::optional(initialiser),
               state_->settings.seed,
               state_->settings.options);
         }
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
       output_elements(graph.layers()),
       &graph,
       [](const Descriptor&) { return Initialiser::pytorch; },
       [&](Initialiser) -> std::unique_ptr<Network> {
         if (graph.program() != nullptr) {
           return networks::make_program_network(
               state_->program_of(graph), parameters, state_->settings.options);
         }
         return networks::make_graph_network(
             graph, parameters, state_->settings.options);
       }},
      which);
}

std::vector<Score> Evaluator::score_model(
    ModelSource file,
    std::span<const Descriptor* const> which) const {
  kernels::use_one_core();
  const std::filesystem::path path = file.path();
  std::unique_ptr<networks::ScriptNetwork> loaded;
  try {
    loaded = networks::load_script_network(
        file,
        state_->settings.options,
        {.output = state_->script_output,
         .seed = state_->settings.seed,
         .blocks = state_->script_blocks,
         .inputs = state_->inputs,
         .prefix = state_->parameter_prefix});
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    return std::vector<Score>(which.size(), failure_of(error, path));
  }
  file.forget();
  return state_->score_script(*loaded, path, which);
}

}  // namespace zcp::engine
