// Training against LibTorch's own optimiser and BatchNorm.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/sgd.h>

#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <thread>
#include <vector>

#include "common/random.h"
#include "nets/kernels/one_core.h"
#include "nets/networks/graph_network.h"
#include "nets/spaces/space.h"
#include "nets/training/running_statistics.h"
#include "nets/training/trainer.h"
#include "tests/proxies/engine/counting_device.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::initialisers;
using namespace zcp::kernels;
using namespace zcp::networks;
using namespace zcp::spaces;
using namespace zcp::training;

constexpr Shape kShape{1, 8, 8};
constexpr int kClasses = 3;
constexpr const char* kCell =
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|"
    "nor_conv_3x3~1|nor_conv_3x3~2|";

Graph small_graph(const char* cell = kCell) {
  return find_space("nats-tss")
      .build(cell, kShape, kClasses, {.channels = 4, .cells_per_stage = 1});
}

/// Examples whose class shows in their mean.
struct Data {
  at::Tensor x;
  at::Tensor y;

  explicit Data(std::int64_t size, std::uint64_t seed = 1) {
    y = at::arange(size, at::kLong).remainder(kClasses);
    x = at::empty({size, 1, kShape.height, kShape.width});
    zcp::fill_normal(
        {x.data_ptr<float>(), static_cast<std::size_t>(x.numel())}, 1, seed);
    x += 0.5 * y.to(at::kFloat).view({-1, 1, 1, 1});
  }

  ExampleSource source() const {
    return {
        y.numel(),
        [this](
            std::span<const std::int64_t> which,
            std::uint64_t,
            std::span<float> to,
            std::span<std::int64_t> labels) {
          const std::size_t length = to.size() / which.size();
          for (std::size_t i = 0; i < which.size(); ++i) {
            const at::Tensor one = x[which[i]].contiguous();
            std::copy_n(one.data_ptr<float>(), length, &to[i * length]);
            labels[i] = y[which[i]].item<std::int64_t>();
          }
        }};
  }
};

bool go_on(std::int64_t) {
  return true;
}

struct Expected {
  double train_loss;
  double test_loss;
  double test_accuracy;
};

/// The same training by torch::optim::SGD, every epoch one minibatch.
Expected train_by_libtorch(
    const Graph& graph,
    const Data& training,
    const Data& test,
    const TrainingOptions& options) {
  const auto network = make_graph_network(
      graph, options.initialiser, options.seed, at::TensorOptions(at::kFloat));
  RunningStatistics statistics(graph);
  std::vector<at::Tensor> values;
  for (const auto& parameter : network->parameters()) {
    values.push_back(parameter.value);
    values.back().requires_grad_(true);
  }
  torch::optim::SGD sgd(
      values,
      torch::optim::SGDOptions(options.learning_rate)
          .momentum(options.momentum)
          .weight_decay(options.weight_decay)
          .nesterov(true));
  Expected expected{};
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    const double share = static_cast<double>(epoch) / options.epochs;
    dynamic_cast<torch::optim::SGDOptions&>(sgd.param_groups()[0].options())
        .lr(options.learning_rate * (1 + std::cos(std::numbers::pi * share)) /
            2);
    sgd.zero_grad();
    std::vector<BatchMoments> moments;
    const at::Tensor loss = torch::nn::functional::cross_entropy(
        network->forward_with_moments(training.x, moments), training.y);
    statistics.move_towards(moments);
    expected.train_loss = loss.item<double>();
    loss.backward();
    sgd.step();
  }
  const at::NoGradGuard no_grad;
  const at::Tensor logits =
      network->forward_with_statistics(test.x, statistics.values());
  expected.test_loss =
      torch::nn::functional::cross_entropy(logits, test.y).item<double>();
  expected.test_accuracy =
      100 * logits.argmax(1).eq(test.y).to(at::kDouble).mean().item<double>();
  return expected;
}

}  // namespace

TEST_CASE("a training is that of LibTorch's SGD") {
  use_one_core();
  const Data training(48);
  const Data test(600, 2);  // more than one of its batches
  TrainingOptions options;
  options.epochs = 8;
  options.batch_size = 48;
  options.seed = 5;
  for (const double momentum : {0.5, 0.9}) {
    CAPTURE(momentum);
    options.momentum = momentum;
    const Graph graph = small_graph();
    const Expected expected = train_by_libtorch(graph, training, test, options);
    const TrainingResult found =
        train(graph, training.source(), test.source(), options, go_on);
    CHECK(found.end == TrainingEnd::complete);
    CHECK(found.epochs == 8);
    CHECK(
        found.train_loss == doctest::Approx(expected.train_loss).epsilon(1e-4));
    CHECK(found.test_loss == doctest::Approx(expected.test_loss).epsilon(1e-3));
    CHECK(std::abs(found.test_accuracy - expected.test_accuracy) < 0.2);
    CHECK(found.train_loss < 1.0);  // ln 3 = 1.1 is chance
  }
}

TEST_CASE("a training on a device is the processor's but for rounding") {
  use_one_core();
  const Data training(40);
  const Data test(30, 2);
  TrainingOptions options;
  options.epochs = 3;
  options.batch_size = 16;
  options.seed = 5;
  // An unread edge leaves parameters without gradients.
  for (const char* cell :
       {kCell,
        "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"}) {
    CAPTURE(cell);
    const Graph graph = small_graph(cell);
    options.device = "cpu";
    const TrainingResult here =
        train(graph, training.source(), test.source(), options, go_on);
    options.device = "privateuseone:0";
    test::audit() = {};
    const TrainingResult there =
        train(graph, training.source(), test.source(), options, go_on);
    CHECK(there.end == TrainingEnd::complete);
    CHECK(there.train_loss == doctest::Approx(here.train_loss).epsilon(1e-5));
    CHECK(there.test_loss == doctest::Approx(here.test_loss).epsilon(1e-5));
    CHECK(there.test_accuracy == here.test_accuracy);
    // Nine minibatches and one to test with are waited for once each.
    CHECK(test::audit().synchronisations <= 11);
    CHECK(test::audit().mixed.empty());
  }
}

TEST_CASE("a training depends on its seed and nothing else") {
  const Data training(40);
  const Data test(30, 2);
  TrainingOptions options;
  options.epochs = 3;
  options.batch_size = 16;  // 16, 16 and 8
  const auto run = [&](std::uint64_t seed) {
    TrainingOptions own = options;
    own.seed = seed;
    return train(small_graph(), training.source(), test.source(), own, go_on);
  };
  const TrainingResult first = run(1);
  const TrainingResult other = run(2);
  TrainingResult again;
  TrainingResult beside;
  std::thread one([&] { again = run(1); });
  std::thread two([&] { beside = run(2); });
  one.join();
  two.join();
  CHECK(again.train_loss == first.train_loss);
  CHECK(again.test_loss == first.test_loss);
  CHECK(beside.test_loss == other.test_loss);
  CHECK(first.test_loss != other.test_loss);
  std::int64_t shown = 0;
  train(
      small_graph(),
      training.source(),
      test.source(),
      options,
      [&](std::int64_t count) {
        shown += count;
        return true;
      });
  CHECK(shown == 3 * 40);
}

TEST_CASE("a training ends when asked to and when it diverges") {
  const Data training(40);
  const Data test(30, 2);
  TrainingOptions options;
  options.epochs = 3;
  options.batch_size = 20;
  const Graph graph = small_graph();
  int steps = 0;
  const TrainingResult stopped = train(
      graph, training.source(), test.source(), options, [&](std::int64_t) {
        return ++steps < 3;
      });
  CHECK(stopped.end == TrainingEnd::stopped);
  CHECK(stopped.epochs == 2);
  options.learning_rate = 1e30;
  const TrainingResult diverged =
      train(graph, training.source(), test.source(), options, go_on);
  CHECK(diverged.end == TrainingEnd::diverged);
  // A single step, after which no training loss is looked at.
  options.epochs = 1;
  options.batch_size = 40;
  options.learning_rate = 1e38;
  const TrainingResult last =
      train(graph, training.source(), test.source(), options, go_on);
  CHECK(last.end == TrainingEnd::diverged);
  options.epochs = 0;
  CHECK_THROWS_AS(
      train(graph, training.source(), test.source(), options, go_on),
      std::invalid_argument);
}

TEST_CASE("a network that its input does not reach trains to chance") {
  const Data training(30);
  const Data test(30, 2);
  TrainingOptions options;
  options.epochs = 2;
  options.batch_size = 10;
  const Graph graph =
      small_graph("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|");
  const TrainingResult result =
      train(graph, training.source(), test.source(), options, go_on);
  CHECK(result.end == TrainingEnd::complete);
  CHECK(result.test_accuracy == doctest::Approx(100.0 / 3));
}
