#include "nets/graph/graph.h"
#include "nets/networks/graph_network.h"
#include "proxies/engine/differentiate.h"
#include "proxies/reductions/per_sample.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/normal_tensor.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::test::matrix;

namespace {

/// The network of one convolution of 4 channels, in two groups of them.
std::unique_ptr<networks::Network> grouped_convolution() {
  graph::GraphBuilder builder({4, 5, 5});
  graph::Attributes attributes;
  attributes.out_channels = 6;
  attributes.window = {.kernel = 3, .stride = 2, .padding = 1};
  attributes.groups = 2;
  const auto y = builder.conv2d(builder.input(), attributes);
  const graph::Graph graph = std::move(builder).finish(y);
  return networks::make_graph_network(
      graph,
      initialisers::Initialiser::pytorch,
      1,
      at::TensorOptions(at::kDouble));
}

}  // namespace

TEST_CASE("per-sample gradients of a convolution are those of each sample") {
  const auto network = engine::differentiable(*grouped_convolution());
  const at::Tensor& weight = network->parameters()[0].value;
  const at::Tensor x = test::normal({3, 4, 5, 5}, 2, at::kDouble);
  const auto loss = [&](const at::Tensor& in, networks::Recording* recording) {
    return network
        ->forward(in, networks::BatchNormMode::batch_statistics, recording)
        .pow(3)
        .sum();
  };
  networks::Recording recording;
  const at::Tensor all = loss(x, &recording);
  REQUIRE(recording.calls.size() == 1);
  const at::Tensor output_gradient = engine::gradients_of(
      all, {recording.calls[0].output}, engine::GraphUse::again)[0];
  const at::Tensor found = reductions::per_sample_weight_gradient(
      recording.calls[0], weight.detach(), output_gradient);
  REQUIRE(found.sizes() == at::IntArrayRef({3, weight.numel()}));
  for (std::int64_t n = 0; n < 3; ++n) {
    const at::Tensor expected = engine::gradients_of(
        loss(x.slice(0, n, n + 1), nullptr),
        {weight},
        engine::GraphUse::last)[0];
    CHECK(at::allclose(found[n], expected.flatten(), 1e-10, 1e-10));
  }
}

TEST_CASE("per-sample gradients of a linear layer are outer products") {
  networks::LayerCall call =
      test::call_of(networks::LayerKind::linear, at::Tensor());
  call.input = matrix({{1, 2}, {3, 4}});
  const at::Tensor found = reductions::per_sample_weight_gradient(
      call, matrix({{0, 0}, {0, 0}}), matrix({{1, 10}, {-1, 0}}));
  CHECK(at::equal(found, matrix({{1, 2, 10, 20}, {-3, -4, 0, 0}})));
  // Tokens of one sample are added.
  call.input = call.input.unsqueeze(0);
  const at::Tensor sum = reductions::per_sample_weight_gradient(
      call, matrix({{0, 0}, {0, 0}}), matrix({{1, 10}, {-1, 0}}).unsqueeze(0));
  CHECK(at::equal(sum, matrix({{-2, -2, 10, 20}})));
}
