// Layers that several spaces use, by counts made by hand.
#include <utility>
#include <vector>

#include "nets/spaces/layers.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

TEST_CASE("layers: a convolution keeps the map's size but for its stride") {
  for (const int kernel : {1, 3, 5, 7}) {
    GraphBuilder graph({8, 9, 6});
    const Value x = graph.input();
    CHECK(
        graph.shape(graph.conv2d(x, convolution(4, kernel))) == Shape{4, 9, 6});
    CHECK(
        graph.shape(graph.conv2d(x, convolution(4, kernel, 2))) ==
        Shape{4, 5, 3});
  }
  CHECK_FALSE(convolution(4, 3).bias);
}

TEST_CASE("layers: #params of blocks") {
  GraphBuilder graph({8, 9, 6}, Folding::counted);
  Value x = conv_bn(graph, graph.input(), 4, 3);
  CHECK(graph.shape(x) == Shape{4, 9, 6});
  x = conv_bn(graph, x, 4, 5, 2, 4);
  CHECK(graph.shape(x) == Shape{4, 5, 3});
  x = relu_conv_bn(graph, x, 6, 1, 1, false);
  x = factorized_reduce(graph, x, 10, 2);
  CHECK(graph.shape(x) == Shape{10, 3, 2});
  x = add_classifier(graph, x, 7);
  const Graph counted = std::move(graph).finish(x);
  const std::int64_t first = 8 * 4 * 9 + 8;
  const std::int64_t depthwise = 4 * 25 + 8;
  const std::int64_t pointwise = 4 * 6;
  const std::int64_t reduce = 2 * 6 * 5 + 20;
  CHECK(
      counted.params() == first + depthwise + pointwise + reduce + 10 * 7 + 7);
}

TEST_CASE("layers: zeros have the shape of the layer that they stand for") {
  GraphBuilder graph({8, 9, 6});
  CHECK(graph.shape(zeros_after(graph, graph.input(), 3, 2)) == Shape{3, 5, 3});
  CHECK(graph.shape(zeros_after(graph, graph.input(), 3, 1)) == Shape{3, 9, 6});
}

TEST_CASE("layers: a cell's six edges come in the order of its spec") {
  GraphBuilder graph({2, 4, 4}, Folding::as_declared);
  std::vector<std::pair<std::size_t, int>> edges;
  const Value out = add_four_node_cell(
      graph, graph.input(), [&](std::size_t edge, int source, Value from) {
        edges.emplace_back(edge, source);
        return graph.relu(from);
      });
  const std::vector<std::pair<std::size_t, int>> expected{
      {0, 0}, {1, 0}, {2, 1}, {3, 0}, {4, 1}, {5, 2}};
  CHECK(edges == expected);
  CHECK(graph.shape(out) == Shape{2, 4, 4});
}
