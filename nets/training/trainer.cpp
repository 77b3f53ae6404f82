#include "nets/training/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/StreamGuard.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "common/random.h"
#include "nets/kernels/device.h"
#include "nets/kernels/device_arithmetic.h"
#include "nets/kernels/one_core.h"
#include "nets/networks/graph_network.h"
#include "nets/training/running_statistics.h"
#include "nets/training/sgd.h"

namespace zcp::training {
namespace {

/// What a network makes of the examples shown so far.
struct Tally {
  std::int64_t examples = 0;
  std::int64_t correct = 0;
  double loss = 0;  ///< the sum over the examples

  /// Of a minibatch with this mean loss; returns that loss. A device is waited
  /// for once.
  double add(
      const at::Tensor& logits,
      const at::Tensor& labels,
      const at::Tensor& mean) {
    const at::Tensor right = logits.argmax(1).eq(labels).sum();
    const at::Tensor both =
        at::stack({right.to(at::kDouble), mean.to(at::kDouble)}).cpu();
    const auto* numbers = both.data_ptr<double>();
    examples += labels.numel();
    correct += static_cast<std::int64_t>(numbers[0]);
    loss += numbers[1] * static_cast<double>(labels.numel());
    return numbers[1];
  }
  double accuracy() const {
    return 100.0 * static_cast<double>(correct) / static_cast<double>(examples);
  }
  double mean_loss() const { return loss / static_cast<double>(examples); }
};

struct Batch {
  at::Tensor x;
  at::Tensor y;

  Batch on(const at::Device& device) const {
    if (device.is_cpu()) return *this;
    return {x.to(device), y.to(device)};
  }
};

Batch load(
    const ExampleSource& source,
    std::span<const std::int64_t> which,
    const Shape& shape,
    std::uint64_t seed) {
  const auto count = static_cast<std::int64_t>(which.size());
  Batch batch{
      at::empty({count, shape.channels, shape.height, shape.width}, at::kFloat),
      at::empty({count}, at::kLong)};
  source.gather(
      which,
      seed,
      {batch.x.data_ptr<float>(), static_cast<std::size_t>(batch.x.numel())},
      {batch.y.data_ptr<std::int64_t>(), which.size()});
  return batch;
}

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels) {
  return at::cross_entropy_loss(logits, labels);
}

std::vector<std::int64_t> numbers_up_to(std::int64_t count) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  return numbers;
}

/// One network while it is trained.
class Training {
 public:
  Training(
      const graph::Graph& graph,
      const ExampleSource& examples,
      const TrainingOptions& options,
      const TrainingProgress& progress)
      : device_(kernels::find_device(options.device)),
        shape_(graph.input_shape()),
        examples_(examples),
        options_(options),
        progress_(progress),
        network_(networks::make_graph_network(
            graph,
            options.initialiser,
            options.seed,
            at::TensorOptions(at::kFloat).device(device_))),
        statistics_(graph),
        parameters_(trained_values(*network_)),
        optimiser_(
            make_sgd(parameters_, {options.momentum, options.weight_decay})) {}

  TrainingEnd run(TrainingResult& result) {
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      result.epochs = epoch + 1;
      Tally tally;
      const TrainingEnd end = run_epoch(epoch, tally);
      if (end == TrainingEnd::stopped) return end;
      result.train_accuracy = tally.accuracy();
      result.train_loss = tally.mean_loss();
      if (end != TrainingEnd::complete) return end;
    }
    return TrainingEnd::complete;
  }

  Tally test(const ExampleSource& examples) const {
    constexpr std::int64_t kBatch = 500;
    const at::NoGradGuard no_grad;
    const auto all = numbers_up_to(examples.size);
    Tally tally;
    for (std::int64_t begin = 0; begin < examples.size; begin += kBatch) {
      const Batch batch = load(
                              examples,
                              part(all, begin, kBatch),
                              shape_,
                              derive_seed(options_.seed, "test-batch"))
                              .on(device_);
      const at::Tensor logits =
          network_->forward_with_statistics(batch.x, statistics_.values());
      tally.add(logits, batch.y, cross_entropy(logits, batch.y));
    }
    return tally;
  }

 private:
  /// The network's parameters, whose gradients are recorded from here on.
  static std::vector<at::Tensor> trained_values(
      const networks::Network& network) {
    std::vector<at::Tensor> values;
    for (const networks::Parameter& parameter : network.parameters()) {
      values.push_back(parameter.value);
      values.back().requires_grad_(true);
    }
    return values;
  }

  static std::span<const std::int64_t> part(
      std::span<const std::int64_t> of,
      std::int64_t begin,
      std::int64_t count) {
    const auto first = static_cast<std::size_t>(begin);
    return of.subspan(
        first, std::min(static_cast<std::size_t>(count), of.size() - first));
  }

  TrainingEnd run_epoch(int epoch, Tally& tally) {
    const auto number = static_cast<std::uint64_t>(epoch);
    const auto order = sample_without_replacement(
        examples_.size,
        examples_.size,
        derive_seed(options_.seed, "train-order", number));
    const std::uint64_t seed =
        derive_seed(options_.seed, "train-augment", number);
    for (std::int64_t begin = 0; begin < examples_.size;
         begin += options_.batch_size) {
      const auto which = part(order, begin, options_.batch_size);
      const auto place = static_cast<std::uint64_t>(begin);
      const Batch batch =
          load(examples_, which, shape_, derive_seed(seed, "minibatch", place))
              .on(device_);
      if (!std::isfinite(step(batch, learning_rate(), tally))) {
        return TrainingEnd::diverged;
      }
      shown_ += batch.y.numel();
      if (!progress_(batch.y.numel())) return TrainingEnd::stopped;
    }
    return TrainingEnd::complete;
  }

  /// After the examples shown so far.
  double learning_rate() const {
    const double share =
        static_cast<double>(shown_) / (static_cast<double>(options_.epochs) *
                                       static_cast<double>(examples_.size));
    return options_.learning_rate * (1 + std::cos(std::numbers::pi * share)) /
           2;
  }

  /// Returns the loss.
  double step(const Batch& batch, double rate, Tally& tally) {
    std::vector<kernels::BatchMoments> moments;
    const at::Tensor logits = network_->forward_with_moments(batch.x, moments);
    statistics_.move_towards(moments);
    const at::Tensor loss = cross_entropy(logits, batch.y);
    const double value = tally.add(logits.detach(), batch.y, loss.detach());
    if (!std::isfinite(value)) return value;
    const auto gradients =
        torch::autograd::grad({loss}, parameters_, {}, false, false, true);
    optimiser_->step(gradients, rate);
    return value;
  }

  at::Device device_;
  Shape shape_;
  const ExampleSource& examples_;
  const TrainingOptions& options_;
  const TrainingProgress& progress_;
  std::unique_ptr<networks::GraphNetwork> network_;
  RunningStatistics statistics_;
  std::vector<at::Tensor> parameters_;
  std::unique_ptr<Sgd> optimiser_;
  std::int64_t shown_ = 0;
};

void require_sizes(
    const ExampleSource& training,
    const ExampleSource& test,
    const TrainingOptions& options) {
  if (training.size < 1 || test.size < 1 || options.epochs < 1 ||
      options.batch_size < 1) {
    throw std::invalid_argument("training without examples or epochs");
  }
}

}  // namespace

TrainingResult train(
    const graph::Graph& graph,
    const ExampleSource& training,
    const ExampleSource& test,
    const TrainingOptions& options,
    const TrainingProgress& progress) {
  using Clock = std::chrono::steady_clock;
  require_sizes(training, test, options);
  kernels::use_one_core();
  kernels::run_backward_on_this_thread();
  c10::OptionalStreamGuard guard;
  const auto stream = kernels::own_stream(kernels::find_device(options.device));
  if (stream) guard.reset_stream(*stream);
  const auto start = Clock::now();
  TrainingResult result;
  Training run(graph, training, options, progress);
  result.end = run.run(result);
  if (result.end == TrainingEnd::complete) {
    const Tally tally = run.test(test);
    result.test_accuracy = tally.accuracy();
    result.test_loss = tally.mean_loss();
    // The last step may be the one that went too far.
    if (!std::isfinite(result.test_loss)) result.end = TrainingEnd::diverged;
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return result;
}

}  // namespace zcp::training
