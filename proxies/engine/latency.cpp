#include "proxies/engine/latency.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "common/error.h"
#include "nets/networks/graph_network.h"
#include "nets/networks/graph_parameters.h"
#include "nets/networks/program_network.h"
#include "proxies/engine/device.h"

namespace zcp::engine {
namespace {

/// Returns when all that was put on the device's queue is done.
void wait_for(const at::Device& device) {
  if (device.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(device.type());
  const c10::Stream stream = guard.getStream(device);
  while (!guard.queryStream(stream)) {
  }
}

double seconds_of_a_pass(
    const networks::Network& network,
    const at::Tensor& x) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const at::Tensor y =
      network.forward(x, networks::BatchNormMode::running_statistics, nullptr);
  wait_for(x.device());
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The network as proxies see it, with weights of no importance.
std::unique_ptr<networks::Network> network_of(
    const graph::Graph& graph,
    const at::TensorOptions& tensors) {
  if (!graph.cannot_run().empty()) throw UserError(graph.cannot_run());
  constexpr std::uint64_t kSeed = 0;
  if (graph.program() != nullptr) {
    return networks::make_program_network(
        *graph.program(), std::nullopt, kSeed, tensors);
  }
  return networks::make_graph_network(
      graph, initialisers::Initialiser::pytorch, kSeed, tensors);
}

/// Noise, or words [N, T] for a network that looks words up.
at::Tensor inputs_of(
    const graph::Graph& graph,
    const networks::Network& network,
    int batch_size,
    const at::TensorOptions& tensors) {
  const Shape shape = graph.input_shape();
  if (network.word_features() > 0) {
    const auto& words = dynamic_cast<const networks::ScriptNetwork&>(network);
    return at::randint(
        words.vocabulary(),
        {batch_size, shape.height},
        tensors.dtype(at::kLong));
  }
  return at::randn(
             {batch_size, shape.channels, shape.height, shape.width}, tensors)
      .contiguous(
          graph.program() != nullptr
              ? networks::kMemoryFormat
              : networks::graph_layout(tensors.device()));
}

}  // namespace

MedianPlaces median_places(int count) {
  // The interval from place k to place n - 1 - k misses the median when no more
  // than k of n fair coins show heads, or tails.
  double tail = 0;
  double term = std::pow(0.5, count);  // of exactly k heads
  int k = -1;
  while (2 * (tail + term) <= 0.05) {
    tail += term;
    ++k;
    term *= static_cast<double>(count - k) / (k + 1);
  }
  k = std::max(k, 0);
  return {k, count - 1 - k};
}

Latency measure_latency(
    const graph::Graph& graph,
    const LatencyOptions& options) {
  if (options.batch_size < 1 || options.threads < 1 ||
      options.repetitions < 1 || options.warm_up < 0) {
    throw std::invalid_argument("measure_latency: a number below 1");
  }
  const at::NoGradGuard no_grad;
  const at::TensorOptions tensors =
      tensor_options(options.precision, options.device);
  at::set_num_threads(options.threads);
  const auto network = network_of(graph, tensors);
  const at::Tensor x = inputs_of(graph, *network, options.batch_size, tensors);
  for (int i = 0; i < options.warm_up; ++i) seconds_of_a_pass(*network, x);
  std::vector<double> seconds;
  for (int i = 0; i < options.repetitions; ++i) {
    seconds.push_back(seconds_of_a_pass(*network, x));
  }
  std::ranges::sort(seconds);
  const MedianPlaces places = median_places(options.repetitions);
  const auto at = [&](int place) {
    return seconds[static_cast<std::size_t>(place)];
  };
  const int middle = options.repetitions / 2;
  const double median = options.repetitions % 2 == 1
                            ? at(middle)
                            : (at(middle - 1) + at(middle)) / 2;
  return {median, at(places.low), at(places.high)};
}

}  // namespace zcp::engine
