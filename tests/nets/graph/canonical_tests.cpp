#include <array>
#include <set>

#include "nets/graph/canonical.h"
#include "nets/graph/graph.h"
#include "tests/support/test_files.h"

using namespace zcp::graph;

namespace {

using Value = GraphBuilder::Value;

Value conv(GraphBuilder& builder, Value x, int kernel = 3) {
  Attributes a;
  a.out_channels = builder.shape(x).channels;
  a.window.kernel = kernel;
  a.window.padding = kernel / 2;
  return builder.conv2d(x, a);
}

/// A sum of two branches written in one order or the other.
Graph two_branches(bool swapped) {
  GraphBuilder builder({4, 8, 8});
  const Value x = builder.input();
  const Value first = swapped ? conv(builder, x, 1) : conv(builder, x, 3);
  const Value second = swapped ? conv(builder, x, 3) : conv(builder, x, 1);
  const Value y = builder.add(std::array{builder.relu(first), second});
  return std::move(builder).finish(
      swapped ? builder.add(std::array{second, y}) : y);
}

}  // namespace

TEST_CASE("the order in which branches are declared does not matter") {
  const auto build = [](bool swapped) {
    GraphBuilder builder({4, 8, 8});
    const Value x = builder.input();
    const Value a = swapped ? conv(builder, x, 1) : conv(builder, x, 3);
    const Value b = swapped ? conv(builder, x, 3) : conv(builder, x, 1);
    const Value y = builder.add(std::array{a, b});
    return std::move(builder).finish(y);
  };
  const Graph one = build(false);
  const Graph other = build(true);
  CHECK(one.hash() == other.hash());
  REQUIRE(one.nodes().size() == other.nodes().size());
  for (std::size_t i = 0; i < one.nodes().size(); ++i) {
    CHECK(one.nodes()[i].identity == other.nodes()[i].identity);
    CHECK(one.nodes()[i].op == other.nodes()[i].op);
  }
}

TEST_CASE("different functions have different hashes") {
  CHECK(two_branches(false).hash() != two_branches(true).hash());
}

TEST_CASE("equal pools merge, equal convolutions stay apart") {
  GraphBuilder builder({4, 8, 8});
  const Value x = builder.input();
  const Value y = builder.add(std::array{
      builder.avg_pool(x, 3, 1, 1),
      builder.avg_pool(x, 3, 1, 1),
      conv(builder, x),
      conv(builder, x)});
  const Graph graph = std::move(builder).finish(y);
  // input, one pool, two convolutions, the sum of four terms
  CHECK(graph.nodes().size() == 5);
  CHECK(graph.inputs(graph.nodes()[4]).size() == 4);
  std::set<std::uint64_t> identities;
  for (const Node& node : graph.nodes()) identities.insert(node.identity);
  CHECK(identities.size() == 5);
}

TEST_CASE("merged ReLUs keep how many they stand for") {
  GraphBuilder builder({4, 8, 8});
  const Value x = builder.input();
  const Value y = builder.add(std::array{
      conv(builder, builder.relu(x, 2)), conv(builder, builder.relu(x, 2), 1)});
  const Graph graph = std::move(builder).finish(y);
  int uses = 0;
  for (const Node& node : graph.nodes()) {
    if (node.op == Op::relu) uses = node.uses;
  }
  CHECK(uses == 4);
}

TEST_CASE("sums are flattened, but not across a block's end") {
  const auto build = [](bool end) {
    GraphBuilder builder({4, 8, 8});
    const Value x = builder.input();
    const Value inner = builder.add(std::array{conv(builder, x), x});
    if (end) builder.end_block(inner);
    const Value y = builder.add(std::array{inner, conv(builder, x, 1)});
    return std::move(builder).finish(y);
  };
  CHECK(build(false).inputs(build(false).nodes().back()).size() == 3);
  CHECK(build(true).inputs(build(true).nodes().back()).size() == 2);
}
