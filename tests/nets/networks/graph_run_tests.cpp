// Passes of small graphs, by hand.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <array>
#include <vector>

#include "nets/networks/graph_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::networks;

namespace {

constexpr auto kBatch = BatchNormMode::batch_statistics;

/// The output of a graph that has no parameters.
at::Tensor output_of(GraphBuilder&& builder, int output, const at::Tensor& x) {
  const Graph graph = std::move(builder).finish(output);
  REQUIRE(graph.params() == 0);
  const at::NoGradGuard no_grad;
  return make_graph_network(graph, std::vector<float>{}, at::kFloat)
      ->forward(x, kBatch, nullptr)
      .contiguous();
}

at::Tensor
numbers(std::int64_t channels, std::int64_t height, std::int64_t width) {
  return (at::arange(channels * height * width, at::kFloat) - 3)
      .view({1, channels, height, width});
}

}  // namespace

TEST_CASE("graph runs: operations without parameters") {
  const Shape shape{2, 2, 2};
  const at::Tensor x = numbers(2, 2, 2);  // -3 -2 -1 0, 1 2 3 4
  const auto run = [&](const auto& apply) {
    GraphBuilder builder(shape);
    const int out = apply(builder, builder.input());
    return output_of(std::move(builder), out, x);
  };
  using B = GraphBuilder;
  CHECK(at::equal(run([](B& b, int v) { return b.relu(v); }), x.clamp_min(0)));
  CHECK(at::allclose(
      run([](B& b, int v) { return b.leaky_relu(v); }),
      at::where(x < 0, x * 0.2, x)));
  CHECK(at::allclose(run([](B& b, int v) { return b.tanh(v); }), x.tanh()));
  CHECK(at::allclose(
      run([](B& b, int v) { return b.sigmoid(v); }), 1 / (1 + (-x).exp())));
  CHECK(at::equal(
      run([](B& b, int v) { return b.slice(v, 1, 1); }), x.narrow(1, 1, 1)));
  CHECK(at::equal(
      run([](B& b, int v) { return b.global_avg_pool(v); }),
      at::tensor({-1.5F, 2.5F}).view({1, 2})));
  CHECK(at::equal(
      run([](B& b, int v) { return b.max_pool(v, 2, 2, 0); }),
      at::tensor({0.0F, 4.0F}).view({1, 2, 1, 1})));
  CHECK(at::equal(
      run([](B& b, int v) { return b.avg_pool(v, 2, 2, 0); }),
      at::tensor({-1.5F, 2.5F}).view({1, 2, 1, 1})));
  // The pixel to the lower right comes up and left; zeros come in.
  CHECK(at::equal(
      run([](B& b, int v) { return b.shift(v); }),
      at::tensor({0.0F, 0.0F, 0.0F, 0.0F, 4.0F, 0.0F, 0.0F, 0.0F})
          .view({1, 2, 2, 2})));
  CHECK(at::equal(
      run([](B& b, int v) {
        return b.add(std::array{v, b.relu(v), b.slice(v, 0, 2)});
      }),
      2 * x + x.clamp_min(0)));
  CHECK(at::equal(
      run([](B& b, int v) {
        return b.concat(std::array{b.relu(v), v});
      }),
      at::cat({x.clamp_min(0), x}, 1)));
  CHECK(at::equal(
      run([](B& b, int v) { return b.multiply(v, b.global_avg_pool(v)); }),
      x * at::tensor({-1.5F, 2.5F}).view({1, 2, 1, 1})));
}

TEST_CASE("graph runs: a network with parameters by hand") {
  GraphBuilder builder({1, 2, 2});
  Attributes a;
  a.out_channels = 1;
  a.window = {1, 1, 0};
  a.bias = true;
  const auto x = builder.relu(builder.conv2d(builder.input(), a));
  const Graph graph =
      std::move(builder).finish(builder.linear(builder.global_avg_pool(x), 2));
  // y = relu(2 x - 4), averaged; outputs 3 y + 1 and 5 y + 7.
  const std::vector<float> values{2, -4, 3, 5, 1, 7};
  const auto network = make_graph_network(graph, values, at::kFloat);
  const at::NoGradGuard no_grad;
  const at::Tensor input =
      at::tensor({0.0F, 1.0F, 3.0F, 5.0F}).view({1, 1, 2, 2});
  const at::Tensor found = network->forward(input, kBatch, nullptr);
  // relu(2 x - 4) = 0, 0, 2, 6: 2 on average.
  CHECK(at::equal(found, at::tensor({7.0F, 17.0F}).view({1, 2})));
}

TEST_CASE("graph runs: the modes of BatchNorm") {
  GraphBuilder builder({1, 1, 2});
  const Graph graph =
      std::move(builder).finish(builder.batch_norm(builder.input(), true, 0));
  const auto network =
      make_graph_network(graph, std::vector<float>{1, 0}, at::kFloat);
  const at::NoGradGuard no_grad;
  // Two samples of two pixels: mean 4, variance (9 + 1 + 1 + 9) / 4 = 5.
  const at::Tensor x = at::tensor({1.0F, 3.0F, 5.0F, 7.0F}).view({2, 1, 1, 2});
  const auto run = [&](BatchNormMode mode) {
    return network->forward(x, mode, nullptr).contiguous();
  };
  CHECK(at::allclose(run(kBatch), (x - 4) / std::sqrt(5.0)));
  CHECK(at::equal(run(BatchNormMode::running_statistics), x));
  CHECK(at::equal(run(BatchNormMode::bypass), x));
  // Each sample alone: means 2 and 6, variances 1.
  CHECK(at::allclose(
      run(BatchNormMode::sample_statistics),
      at::tensor({-1.0F, 1.0F, -1.0F, 1.0F}).view({2, 1, 1, 2})));
  std::vector<kernels::BatchMoments> moments;
  network->forward_with_moments(x, moments);
  REQUIRE(moments.size() == graph.nodes().size());
  CHECK_FALSE(moments[0].mean.defined());
  CHECK(moments[1].mean.item<double>() == 4);
  CHECK(moments[1].variance.item<double>() == doctest::Approx(20.0 / 3));
  NormStatistics statistics{
      std::vector<at::Tensor>(2), std::vector<at::Tensor>(2)};
  statistics.means[1] = at::tensor({1.0F});
  statistics.variances[1] = at::tensor({4.0F});
  CHECK(at::allclose(
      network->forward_with_statistics(x, statistics), (x - 1) / 2));
}
