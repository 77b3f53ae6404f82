// What is known of a graph's network before it runs.
#include <array>
#include <string>
#include <vector>

#include "nets/networks/graph_plan.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::networks;

namespace {

Attributes plan_conv(int out, int kernel, bool bias) {
  Attributes a;
  a.out_channels = out;
  a.window = {kernel, 1, kernel / 2};
  a.bias = bias;
  return a;
}

}  // namespace

TEST_CASE("graph plans: parameters have the sizes of LibTorch's operators") {
  GraphBuilder builder({4, 6, 6});
  auto grouped = plan_conv(8, 3, true);
  grouped.groups = 2;
  auto x = builder.conv2d(builder.input(), grouped);
  x = builder.batch_norm(x);
  x = builder.conv_transpose2d(x, plan_conv(5, 3, false));
  x = builder.batch_norm(x, false);
  x = builder.linear(builder.global_avg_pool(x), 7);
  const GraphPlan plan = plan_graph(std::move(builder).finish(x));
  struct Expected {
    ParameterKind kind;
    std::string name;
    std::vector<std::int64_t> sizes;
  };
  const std::vector<Expected> expected{
      {ParameterKind::conv_weight, "0.weight", {8, 2, 3, 3}},
      {ParameterKind::bias, "0.bias", {8}},
      {ParameterKind::norm_scale, "1.weight", {8}},
      {ParameterKind::norm_shift, "1.bias", {8}},
      {ParameterKind::transposed_weight, "2.weight", {8, 5, 3, 3}},
      {ParameterKind::linear_weight, "4.weight", {7, 5}},
      {ParameterKind::bias, "4.bias", {7}}};
  REQUIRE(plan.parameters.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(plan.parameters[i].kind == expected[i].kind);
    CHECK(plan.parameters[i].name == expected[i].name);
    CHECK(plan.parameters[i].sizes == expected[i].sizes);
  }
  CHECK(plan.parameters[5].declared == 8);
  CHECK(plan.parameters[6].declared == 9);
}

TEST_CASE("graph plans: a layer that runs again has the same parameters") {
  GraphBuilder builder({4, 6, 6});
  const auto run = [&](int offset) {
    return builder.conv2d(
        builder.slice(builder.input(), offset, 2), plan_conv(3, 1, false));
  };
  const auto first = run(0);
  builder.begin_repetition(0);
  const auto second = run(2);
  builder.end_repetition();
  const GraphPlan plan = plan_graph(
      std::move(builder).finish(builder.concat(std::array{first, second})));
  CHECK(plan.parameters.size() == 1);
  int readers = 0;
  for (const ParameterSlots& slots : plan.slots) {
    if (slots.weight == 0) ++readers;
  }
  CHECK(readers == 2);
}

TEST_CASE("graph plans: live nodes and blocks") {
  GraphBuilder builder({4, 6, 6}, Folding::as_declared);
  const auto stem = builder.conv2d(builder.input(), plan_conv(4, 3, false));
  builder.end_block(stem);
  builder.conv2d(stem, plan_conv(4, 1, false));  // nothing reads it
  const auto relu = builder.relu(stem);
  builder.end_block(relu);
  const auto out = builder.linear(builder.global_avg_pool(relu), 2);
  const GraphPlan plan = plan_graph(std::move(builder).finish(out));
  int dead = 0;
  for (std::size_t i = 0; i < plan.live.size(); ++i) {
    const Node& node = plan.graph.nodes()[i];
    if (!plan.live[i]) {
      ++dead;
      CHECK(node.op == Op::conv2d);
      CHECK(plan.block[i] == 1);
    }
    if (node.op == Op::relu) CHECK(plan.block[i] == 1);
    if (node.op == Op::linear) CHECK(plan.block[i] == 2);
  }
  CHECK(dead == 1);
}
