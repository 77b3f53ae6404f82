// How a graph's parameters are drawn and read.
#include <ATen/ATen.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "nets/networks/graph_parameters.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::networks;
using initialisers::Initialiser;

namespace {

/// Convolution to `channels`, BatchNorm and a linear layer to two numbers.
GraphPlan drawn_plan(int channels) {
  GraphBuilder builder({3, 4, 4});
  Attributes a;
  a.out_channels = channels;
  a.window = {3, 1, 1};
  a.bias = true;
  const auto x = builder.batch_norm(builder.conv2d(builder.input(), a));
  return plan_graph(
      std::move(builder).finish(builder.linear(builder.global_avg_pool(x), 2)));
}

}  // namespace

TEST_CASE("graph parameters: drawn by seed, within PyTorch's bounds") {
  const GraphPlan plan = drawn_plan(64);
  const auto draw = [&](std::uint64_t seed) {
    return drawn_parameters(plan, Initialiser::pytorch, seed, at::kFloat);
  };
  const auto parameters = draw(1);
  REQUIRE(parameters.size() == 6);
  const double bound = 1 / std::sqrt(27.0);  // of 3 x 3 x 3 inputs
  const at::Tensor& weight = parameters[0].value;
  CHECK(weight.is_contiguous(graph_layout(weight.device())));
  CHECK(weight.abs().max().item<double>() <= bound);
  CHECK(weight.abs().max().item<double>() > 0.99 * bound);
  CHECK(parameters[1].value.abs().max().item<double>() <= bound);
  CHECK(at::equal(parameters[2].value, at::ones({64})));
  CHECK(at::equal(parameters[3].value, at::zeros({64})));
  CHECK(at::equal(weight, draw(1)[0].value));
  CHECK_FALSE(at::equal(weight, draw(2)[0].value));
}

TEST_CASE("graph parameters: read layer after layer as declared") {
  const GraphPlan plan = drawn_plan(1);
  // 27 weights, a bias, scale, shift, two weights, two biases.
  std::vector<float> values(34);
  std::iota(values.begin(), values.end(), 0.0F);
  const auto parameters = given_parameters(plan, values, at::kDouble);
  REQUIRE(parameters.size() == 6);
  const auto numbers = [&](std::size_t i, float first, std::int64_t count) {
    const at::Tensor flat = parameters[i].value.contiguous().flatten();
    return flat.scalar_type() == at::kDouble &&
           at::equal(flat, at::arange(count, at::kDouble) + first);
  };
  CHECK(numbers(0, 0, 27));
  CHECK(numbers(1, 27, 1));
  CHECK(numbers(2, 28, 1));
  CHECK(numbers(3, 29, 1));
  CHECK(numbers(4, 30, 2));
  CHECK(numbers(5, 32, 2));
}

TEST_CASE("graph parameters: a wrong number of values is refused") {
  const std::vector<float> few(33);
  CHECK(zcp::test::user_error([&] {
          given_parameters(drawn_plan(1), few, at::kFloat);
        }) == "found 33 weights, expected 34, the network's parameters");
}
