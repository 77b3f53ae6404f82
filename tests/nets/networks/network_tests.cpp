// Parameters of networks, in both of their orders.
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <vector>

#include "nets/networks/graph_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::networks;

namespace {

/// A linear layer that is declared first and runs last.
Graph declared_backwards() {
  GraphBuilder builder({2, 1, 1});
  const auto hidden = builder.linear(builder.input(), 3);
  return std::move(builder).finish(builder.linear(hidden, 4));
}

}  // namespace

TEST_CASE("networks: declared order is that of the layers") {
  const auto network = make_graph_network(
      declared_backwards(), initialisers::Initialiser::pytorch, 0, at::kFloat);
  const auto& parameters = network->parameters();
  REQUIRE(parameters.size() == 4);
  std::vector<std::string> names;
  for (const std::size_t i : declared_order(*network)) {
    names.push_back(parameters[i].name);
  }
  CHECK(
      names ==
      std::vector<std::string>{"0.weight", "0.bias", "1.weight", "1.bias"});
}

TEST_CASE("networks: other parameters make another network") {
  const auto network = make_graph_network(
      declared_backwards(), initialisers::Initialiser::pytorch, 0, at::kFloat);
  const at::NoGradGuard no_grad;
  const auto zeros = network->with_parameters([](const Parameter& parameter) {
    return at::zeros_like(parameter.value);
  });
  const at::Tensor x = at::ones({5, 2, 1, 1});
  const auto mode = BatchNormMode::batch_statistics;
  CHECK(at::equal(zeros->forward(x, mode, nullptr), at::zeros({5, 4})));
  CHECK(network->forward(x, mode, nullptr).abs().sum().item<double>() > 0);
  CHECK(zeros->parameters()[0].name == network->parameters()[0].name);
}
