#include "nets/networks/graph_network.h"

#include <utility>

#include "nets/networks/graph_parameters.h"
#include "nets/networks/graph_plan.h"
#include "nets/networks/graph_run.h"

namespace zcp::networks {

GraphNetwork::GraphNetwork(
    std::shared_ptr<const GraphPlan> plan,
    std::vector<Parameter> parameters)
    : Network(std::move(parameters)), plan_(std::move(plan)) {}

at::Tensor GraphNetwork::forward(
    const at::Tensor& x,
    BatchNormMode batch_norm,
    Recording* recording) const {
  return run_graph(
      *plan_, parameters(), x, {.mode = batch_norm, .recording = recording});
}

at::Tensor GraphNetwork::forward_with_moments(
    const at::Tensor& x,
    std::vector<kernels::BatchMoments>& moments) const {
  return run_graph(
      *plan_,
      parameters(),
      x,
      {.mode = BatchNormMode::batch_statistics, .moments = &moments});
}

at::Tensor GraphNetwork::forward_with_statistics(
    const at::Tensor& x,
    const NormStatistics& statistics) const {
  return run_graph(
      *plan_,
      parameters(),
      x,
      {.mode = BatchNormMode::running_statistics, .statistics = &statistics});
}

std::unique_ptr<Network> GraphNetwork::with_parameters(
    const std::function<at::Tensor(const Parameter&)>& change) const {
  return std::make_unique<GraphNetwork>(
      plan_, changed_parameters(parameters(), change));
}

std::unique_ptr<GraphNetwork> make_graph_network(
    const graph::Graph& graph,
    initialisers::Initialiser initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options) {
  auto plan = std::make_shared<const GraphPlan>(plan_graph(graph));
  auto parameters = drawn_parameters(*plan, initialiser, seed, options);
  return std::make_unique<GraphNetwork>(std::move(plan), std::move(parameters));
}

std::unique_ptr<GraphNetwork> make_graph_network(
    const graph::Graph& graph,
    std::span<const float> values,
    const at::TensorOptions& options) {
  auto plan = std::make_shared<const GraphPlan>(plan_graph(graph));
  auto parameters = given_parameters(*plan, values, options);
  return std::make_unique<GraphNetwork>(std::move(plan), std::move(parameters));
}

}  // namespace zcp::networks
