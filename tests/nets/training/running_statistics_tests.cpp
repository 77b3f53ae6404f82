// Running statistics against LibTorch's BatchNorm.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <vector>

#include "common/random.h"
#include "nets/graph/graph.h"
#include "nets/networks/graph_network.h"
#include "nets/training/running_statistics.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::initialisers;
using namespace zcp::kernels;
using namespace zcp::networks;
using namespace zcp::training;

TEST_CASE("running statistics are those of LibTorch's BatchNorm") {
  GraphBuilder builder({6, 4, 4});
  const auto x = builder.batch_norm(builder.input());
  const Graph graph =
      std::move(builder).finish(builder.linear(builder.global_avg_pool(x), 2));
  const auto network = make_graph_network(
      graph, Initialiser::pytorch, 3, at::TensorOptions(at::kFloat));
  RunningStatistics statistics(graph);
  at::Tensor mean = at::zeros({6});
  at::Tensor variance = at::ones({6});
  const auto draw = [](std::uint64_t seed) {
    at::Tensor batch = at::empty({5, 6, 4, 4});
    zcp::fill_normal(
        {batch.data_ptr<float>(), static_cast<std::size_t>(batch.numel())},
        3,
        seed);
    return batch + 10;
  };
  const at::NoGradGuard no_grad;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    std::vector<BatchMoments> moments;
    network->forward_with_moments(draw(seed), moments);
    statistics.move_towards(moments);
    at::batch_norm(draw(seed), {}, {}, mean, variance, true, 0.1, 1e-5, false);
  }
  const at::Tensor batch = draw(9);
  const at::Tensor features =
      at::batch_norm(batch, {}, {}, mean, variance, false, 0.1, 1e-5, false)
          .mean({2, 3});
  at::Tensor weight;
  at::Tensor bias;
  for (const auto& parameter : network->parameters()) {
    if (parameter.kind == ParameterKind::linear_weight) {
      weight = parameter.value;
    }
    if (parameter.kind == ParameterKind::bias) bias = parameter.value;
  }
  const at::Tensor expected = at::linear(features, weight, bias);
  const at::Tensor found =
      network->forward_with_statistics(batch, statistics.values());
  CHECK((found - expected).abs().max().item<double>() < 1e-5);
}

TEST_CASE("a pass changes nothing of its network") {
  GraphBuilder builder({3, 4, 4});
  const auto x = builder.relu(builder.batch_norm(builder.input()));
  const Graph graph =
      std::move(builder).finish(builder.linear(builder.global_avg_pool(x), 2));
  const auto network = make_graph_network(
      graph, Initialiser::pytorch, 1, at::TensorOptions(at::kFloat));
  at::Tensor batch = at::empty({4, 3, 4, 4});
  fill_normal(
      {batch.data_ptr<float>(), static_cast<std::size_t>(batch.numel())}, 1, 2);
  const at::NoGradGuard no_grad;
  const auto eval = [&] {
    return network->forward(batch, BatchNormMode::running_statistics, nullptr);
  };
  const at::Tensor before = eval();
  std::vector<BatchMoments> moments;
  network->forward_with_moments(batch + 10, moments);
  CHECK(at::equal(before, eval()));
  REQUIRE(moments.size() == graph.nodes().size());
  RunningStatistics statistics(graph);
  statistics.move_towards(moments);
  CHECK_FALSE(at::equal(
      before, network->forward_with_statistics(batch, statistics.values())));
}
