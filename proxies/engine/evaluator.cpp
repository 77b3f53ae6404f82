#include "proxies/engine/evaluator.h"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "common/error.h"
#include "common/random.h"
#include "nets/kernels/one_core.h"
#include "nets/networks/graph_network.h"
#include "nets/networks/model_summary.h"
#include "nets/networks/network.h"
#include "nets/networks/redraw.h"
#include "nets/networks/script_network.h"
#include "proxies/engine/bfloat16.h"
#include "proxies/engine/observer.h"
#include "proxies/engine/passes.h"

namespace zcp::engine {
namespace {

using networks::Network;

at::ScalarType scalar_type(const std::string& precision) {
  if (precision == "fp32") return at::kFloat;
  if (precision == "fp64") return at::kDouble;
  if (precision == "bf16") return at::kBFloat16;
  throw UserError("--precision {}: expected fp32, bf16 or fp64", precision);
}

at::Device device_of(const std::string& name) {
  try {
    at::Device device(name);
    if (device.is_cuda() && !at::hasCUDA()) {
      throw UserError("--device {}: this LibTorch has no CUDA", name);
    }
    return device;
  } catch (const c10::Error&) {
    throw UserError("--device {}: expected cpu or cuda:N", name);
  }
}

/// A queue of the device for this evaluator alone, so that workers who share a
/// device do not wait for each other; none on the CPU.
std::optional<c10::Stream> stream_of(const at::Device& device) {
  if (device.is_cpu()) return std::nullopt;
  const c10::impl::VirtualGuardImpl guard(device.type());
  // What the constructor has put on the device's own queue is there by then.
  guard.getStream(device).synchronize();
  return guard.getStreamFromGlobalPool(device);
}

/// Host memory that a device copies from without a detour.
at::Tensor pinned(const at::Tensor& host, const at::Device& device) {
  return host.defined() && device.is_cuda() ? host.pin_memory() : host;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> backend_description() {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back("libtorch", TORCH_VERSION);
  using Config = const char* (*)();
  void* config = dlsym(RTLD_DEFAULT, "openblas_get_config");
  facts.emplace_back(
      "blas",
      config != nullptr ? reinterpret_cast<Config>(config)() : "not OpenBLAS");
  facts.emplace_back("onednn", at::hasMKLDNN() ? "yes" : "no");
  return facts;
}

namespace {

/// Values of `count` samples as a tensor of their own sizes; undefined where
/// there are none.
template <typename Element>
at::Tensor tensor_of(
    const std::vector<Element>& values,
    std::vector<std::int64_t> sizes,
    at::ScalarType type) {
  if (values.empty()) return {};
  at::Tensor host = at::empty(sizes, type);
  if (host.numel() != std::ssize(values)) {
    throw std::invalid_argument("targets of another size");
  }
  std::ranges::copy(values, host.data_ptr<Element>());
  return host;
}

DeviceMinibatch on_device(
    const Minibatch& host,
    const at::TensorOptions& options) {
  const Shape& shape = host.shape;
  DeviceMinibatch device;
  const at::Tensor x = tensor_of(
      host.x,
      {host.size, shape.channels, shape.height, shape.width},
      at::kFloat);
  device.x = pinned(x, options.device())
                 .to(options)
                 .contiguous(networks::kMemoryFormat);
  if (!host.y.empty()) {
    const bool one = std::ssize(host.y) == host.size;
    const std::vector<std::int64_t> each{host.size, shape.height, shape.width};
    device.y = tensor_of(
                   host.y,
                   one ? std::vector<std::int64_t>{host.size} : each,
                   at::kLong)
                   .to(options.device());
  }
  // In bfloat16 the loss is float32's.
  const bool twice = options.dtype() == at::kDouble;
  const auto exact = options.dtype(twice ? at::kDouble : at::kFloat);
  const auto numbers = [&](const std::vector<float>& values,
                           std::int64_t rows) {
    const at::Tensor found =
        tensor_of(values, {rows, std::ssize(values) / rows}, at::kFloat);
    return found.defined() ? found.to(exact) : found;
  };
  if (!host.numbers.empty()) device.y = numbers(host.numbers, host.size);
  device.scale = numbers(host.scale, 1);
  device.offset = numbers(host.offset, 1);
  return device;
}

}  // namespace

/// What is scored, apart from its weights.
struct Subject {
  std::int64_t params;
  std::int64_t macs;
  const graph::Graph* graph = nullptr;  ///< null for a TorchScript file
};

struct Evaluator::State {
  Protocol protocol;
  std::optional<initialisers::Initialiser> initialiser;
  Shape shape;
  Output output{0};
  std::vector<DeviceMinibatch> minibatches;
  at::Tensor noise;
  at::Tensor perturbation;
  at::Tensor signs;
  at::Tensor circle;
  std::optional<c10::Stream> stream;

  Setting setting(const Subject& subject, const Network* network) const {
    return {
        protocol,
        network,
        subject.graph,
        subject.params,
        subject.macs,
        output.channels,
        minibatches,
        noise,
        perturbation,
        signs,
        circle};
  }

  initialisers::Initialiser initialiser_of(const Descriptor& proxy) const {
    if (initialiser) return *initialiser;
    return proxy.needs.initialiser.value_or(initialisers::Initialiser::pytorch);
  }

  std::vector<Score> score(
      const Subject& subject,
      const std::function<initialisers::Initialiser(const Descriptor&)>&
          initialiser_for,
      const std::function<std::unique_ptr<Network>(initialisers::Initialiser)>&
          source,
      std::span<const Descriptor* const> which) const;
  void draw_noise(const EvaluatorOptions& options);
};

void Evaluator::State::draw_noise(const EvaluatorOptions& options) {
  const std::vector<std::int64_t> batch{
      options.batch_size, shape.channels, shape.height, shape.width};
  const HostNoise& given = options.noise;
  const auto tensor = [&](at::IntArrayRef sizes,
                          const std::vector<float>& values,
                          const auto& draw) {
    at::Tensor host = at::empty(sizes, at::kFloat);
    const std::span<float> out(
        host.data_ptr<float>(), static_cast<std::size_t>(host.numel()));
    if (values.empty()) {
      draw(out);
    } else {
      std::copy_n(values.begin(), out.size(), out.begin());
    }
    return host.to(protocol.options);
  };
  const auto normal = [&](const char* purpose) {
    return [&options, purpose](std::span<float> out) {
      fill_normal(out, 1.0F, derive_seed(options.seed, purpose));
    };
  };
  noise = tensor(batch, given.inputs, normal("noise"))
              .contiguous(networks::kMemoryFormat);
  perturbation = tensor(batch, given.perturbation, normal("perturbation"))
                     .contiguous(networks::kMemoryFormat);
  if (!given.signs.empty()) {
    signs = tensor(
        {static_cast<std::int64_t>(given.signs.size())},
        given.signs,
        [](std::span<float>) {});
  }
  circle = tensor(
      {2, shape.channels, shape.height, shape.width},
      given.circle,
      [&](std::span<float> out) {
        fill_normal(out, 1.0F, derive_seed(options.seed, "circle"));
      });
  if (given.circle.empty()) {
    const at::Tensor flat = circle.flatten(1).to(at::kDouble).t();
    circle = std::get<0>(at::linalg_qr(flat))
                 .t()
                 .reshape(circle.sizes())
                 .to(protocol.options);
  }
}

Evaluator::Evaluator(
    const std::vector<const Descriptor*>& proxies,
    const EvaluatorOptions& options,
    Shape shape,
    Output output,
    const std::vector<Minibatch>& minibatches) {
  auto state = std::make_unique<State>();
  kernels::set_blas_threads_to_one();
  kernels::keep_memory();
  state->protocol.seed = options.seed;
  state->protocol.batch_size = options.batch_size;
  state->protocol.minibatches = options.minibatches;
  state->protocol.options = at::TensorOptions(scalar_type(options.precision))
                                .device(device_of(options.device));
  state->initialiser = options.initialiser;
  state->shape = shape;
  state->output = output;
  state->protocol.loss = options.loss;
  for (const Minibatch& host : minibatches) {
    state->minibatches.push_back(on_device(host, state->protocol.options));
  }
  for (const Descriptor* proxy : proxies) {
    if (proxy->needs.inputs() && minibatches.empty()) {
      throw UserError("{} needs inputs, found none", proxy->name);
    }
  }
  state->draw_noise(options);
  state->stream = stream_of(state->protocol.options.device());
  state_ = std::move(state);
}

Evaluator::~Evaluator() = default;

namespace {

/// Makes the network under an initialiser.
using NetworkSource = std::function<std::unique_ptr<Network>(
    initialisers::Initialiser initialiser)>;

}  // namespace

std::vector<Score> Evaluator::State::score(
    const Subject& subject,
    const std::function<initialisers::Initialiser(const Descriptor&)>&
        initialiser_for,
    const NetworkSource& source,
    std::span<const Descriptor* const> which) const {
  kernels::use_one_core();
  c10::OptionalStreamGuard guard;
  if (stream) guard.reset_stream(*stream);
  std::vector<Job> jobs(which.size());
  std::map<initialisers::Initialiser, std::map<PassKind, Jobs>> grouped;
  for (std::size_t i = 0; i < which.size(); ++i) {
    jobs[i].proxy = which[i];
    const int needed = which[i]->needs.minibatches;
    if (protocol.minibatches < needed) {
      jobs[i].score = Score::degenerate(
          "needs --minibatches " + std::to_string(needed) + " or more");
      continue;
    }
    if (protocol.options.dtype() == at::kBFloat16) {
      if (const auto refusal = refusal_in_bfloat16(which[i]->name)) {
        jobs[i].score = Score::degenerate(*refusal);
        continue;
      }
    }
    if (which[i]->needs.classes && output.head != Head::classes) {
      jobs[i].score = Score::degenerate(
          "needs a class for each input, which the task has not");
      continue;
    }
    const PassKind kind = shared_kind(which[i]->needs.pass);
    grouped[initialiser_for(*which[i])][kind].push_back(&jobs[i]);
  }
  for (auto& [drawn_by, by_pass] : grouped) {
    std::unique_ptr<Network> network;
    for (auto& [kind, group] : by_pass) {
      if (kind != PassKind::structure && network == nullptr) {
        network = source(drawn_by);
      }
      run_group(kind, setting(subject, network.get()), group);
    }
  }
  std::vector<Score> scores;
  for (Job& job : jobs) scores.push_back(std::move(job.score));
  return scores;
}

std::vector<Score> Evaluator::score(
    const graph::Graph& graph,
    std::span<const Descriptor* const> which) const {
  return state_->score(
      {graph.params(), graph.macs(), &graph},
      [&](const Descriptor& proxy) { return state_->initialiser_of(proxy); },
      [&](initialisers::Initialiser initialiser) {
        return networks::make_graph_network(
            graph,
            initialiser,
            state_->protocol.seed,
            state_->protocol.options);
      },
      which);
}

std::vector<Score> Evaluator::score(
    const graph::Graph& graph,
    std::span<const float> parameters,
    std::span<const Descriptor* const> which) const {
  return state_->score(
      {graph.params(), graph.macs(), &graph},
      [](const Descriptor&) { return initialisers::Initialiser::pytorch; },
      [&](initialisers::Initialiser) {
        return networks::make_graph_network(
            graph, parameters, state_->protocol.options);
      },
      which);
}

std::vector<Score> Evaluator::score_model(
    const std::filesystem::path& path,
    std::span<const Descriptor* const> which) const {
  const auto loaded =
      networks::load_script_network(path, state_->protocol.options);
  const networks::ModelSummary summary =
      networks::summarise_model(*loaded, path, state_->shape);
  const auto own_weights = initialisers::Initialiser::pytorch;
  return state_->score(
      {summary.params, summary.macs},
      [&](const Descriptor&) {
        return state_->initialiser.value_or(own_weights);
      },
      [&](initialisers::Initialiser drawn_by) -> std::unique_ptr<Network> {
        if (state_->initialiser) {
          return networks::redraw(*loaded, drawn_by, state_->protocol.seed);
        }
        return loaded->with_parameters(
            [](const networks::Parameter& parameter) {
              return parameter.value;
            });
      },
      which);
}

}  // namespace zcp::engine
