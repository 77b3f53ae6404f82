#include "nets/graph/graph.h"
#include "nets/networks/graph_network.h"
#include "proxies/engine/differentiate.h"
#include "proxies/engine/loss.h"
#include "proxies/reductions/hessian_product.h"
#include "tests/support/normal_tensor.h"

using namespace zcp;

namespace {

/// A convolution, a ReLU, a pool and a classifier: samples do not interact.
std::unique_ptr<networks::Network> small_network() {
  graph::GraphBuilder builder({2, 5, 5});
  graph::Attributes attributes;
  attributes.out_channels = 4;
  attributes.window = {.kernel = 3, .stride = 1, .padding = 1};
  auto y = builder.conv2d(builder.input(), attributes);
  y = builder.relu(y);
  y = builder.global_avg_pool(y);
  const graph::Graph graph = std::move(builder).finish(builder.linear(y, 3));
  return engine::differentiable(*networks::make_graph_network(
      graph,
      initialisers::Initialiser::pytorch,
      1,
      at::TensorOptions(at::kDouble)));
}

std::vector<at::Tensor> weights_of(const networks::Network& network) {
  std::vector<at::Tensor> weights;
  for (const auto& parameter : network.parameters()) {
    weights.push_back(parameter.value);
  }
  return weights;
}

std::vector<at::Tensor> gradients(
    const networks::Network& network,
    const engine::DeviceMinibatch& batch,
    const engine::RunSettings& run) {
  const at::Tensor out = network.forward(
      batch.x, networks::BatchNormMode::batch_statistics, nullptr);
  return engine::gradients_of(
      engine::mean_loss(out, batch, run),
      weights_of(network),
      engine::GraphUse::last);
}

/// The same network with weights moved by `step` times `direction`.
std::unique_ptr<networks::Network> moved(
    const networks::Network& network,
    const std::vector<at::Tensor>& direction,
    double step) {
  std::size_t i = 0;
  return network.with_parameters([&](const networks::Parameter& parameter) {
    const at::Tensor value = parameter.value.detach() + step * direction[i++];
    return value.requires_grad_(true);
  });
}

}  // namespace

TEST_CASE("H g is the difference of gradients along g, in parts or whole") {
  const auto network = small_network();
  engine::DeviceMinibatch batch;
  batch.x = test::normal({5, 2, 5, 5}, 3, at::kDouble);
  batch.y = at::arange(5, at::kLong).remainder(3);
  batch.samples = {0, 0, 5};
  const engine::RunSettings run;
  const auto g = gradients(*network, batch, run);
  constexpr double kStep = 1e-5;
  const auto ahead = gradients(*moved(*network, g, kStep), batch, run);
  const auto behind = gradients(*moved(*network, g, -kStep), batch, run);
  using reductions::Division;
  const auto check = [&](Division division, std::int64_t numbers) {
    CAPTURE(numbers);
    const auto product = reductions::hessian_gradient_product(
        *network, weights_of(*network), batch, run, division, numbers);
    for (std::size_t i = 0; i < g.size(); ++i) {
      const at::Tensor expected = (ahead[i] - behind[i]) / (2 * kStep);
      CHECK(expected.abs().max().item<double>() > 1e-3);
      CHECK(at::allclose(product[i], expected, 1e-5, 1e-8));
    }
  };
  check(Division::none, 1);
  // All, two and one of the samples, whose layers put out 207 numbers each.
  check(Division::allowed, reductions::kAllAtOnce);
  check(Division::allowed, 600);
  check(Division::allowed, 1);
}
