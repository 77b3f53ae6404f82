#include <array>
#include <vector>

#include "nets/graph/main_path.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

using Value = GraphBuilder::Value;

Value conv(
    GraphBuilder& graph,
    Value x,
    int out,
    int kernel,
    int stride = 1,
    int groups = 1) {
  Attributes a;
  a.out_channels = out;
  a.window = {.kernel = kernel, .stride = stride, .padding = kernel / 2};
  a.groups = groups;
  return graph.batch_norm(graph.conv2d(x, a));
}

Graph finish(GraphBuilder&& graph, Value x) {
  return std::move(graph).finish(graph.linear(graph.global_avg_pool(x), 10));
}

/// Inputs of an output, kernel and pixels of each convolution of the path.
std::vector<std::array<int, 3>> layers(const Graph& graph) {
  const auto path = main_path(graph);
  REQUIRE(path);
  std::vector<std::array<int, 3>> all;
  for (const PathUnit& unit : *path) {
    REQUIRE_FALSE(unit.layers.empty());
    for (const PathLayer& layer : unit.layers) {
      all.push_back({layer.inputs, layer.kernel, layer.output.height});
    }
  }
  return all;
}

using Layers = std::vector<std::array<int, 3>>;

}  // namespace

TEST_CASE("main path: branches in order, shortcuts and gates left out") {
  GraphBuilder graph({3, 16, 16});
  Value x = graph.relu(conv(graph, graph.input(), 8, 3, 2));
  // A bottleneck with a projection, its depthwise middle halves the map.
  Value y = graph.relu(conv(graph, x, 16, 1));
  y = graph.relu(conv(graph, y, 16, 5, 2, 16));
  const Value gate =
      graph.sigmoid(conv(graph, graph.global_avg_pool(y), 16, 1));
  y = conv(graph, graph.multiply(y, gate), 24, 1);
  x = graph.relu(graph.add(std::array{y, conv(graph, x, 24, 1, 2)}));
  // One with the input itself.
  y = conv(graph, graph.relu(conv(graph, x, 24, 3)), 24, 3);
  x = graph.relu(graph.add(std::array{x, y}));
  const Graph finished = finish(std::move(graph), x);
  CHECK(
      layers(finished) ==
      Layers{
          {3, 3, 8}, {8, 1, 8}, {1, 5, 4}, {16, 1, 4}, {24, 3, 4}, {24, 3, 4}});
  const auto path = main_path(finished);
  REQUIRE(path->size() == 3);
  const auto stages = stages_of(*path);
  REQUIRE(stages.size() == 2);
  CHECK(stages[0].size() == 1);
  CHECK(stages[1].size() == 2);
  CHECK(stages[1].back().output() == Shape{24, 4, 4});
}

TEST_CASE("main path: units are the macro blocks where there are some") {
  // No shortcut: what expands in front of the stride belongs to its block.
  GraphBuilder graph({3, 16, 16});
  Value x = conv(graph, graph.input(), 8, 3);
  graph.end_block(x);
  x = conv(graph, graph.relu(conv(graph, x, 32, 1)), 12, 3, 2);
  graph.end_block(x);
  const auto path = main_path(finish(std::move(graph), x));
  REQUIRE(path);
  REQUIRE(path->size() == 2);
  CHECK((*path)[1].layers.size() == 2);
  CHECK((*path)[1].output() == Shape{12, 8, 8});
}

TEST_CASE("main path: none where layers run beside each other") {
  GraphBuilder two({3, 8, 8});
  const Value stem = conv(two, two.input(), 8, 3);
  const Value sum =
      two.add(std::array{conv(two, stem, 8, 3), conv(two, stem, 8, 1)});
  CHECK_FALSE(main_path(finish(std::move(two), sum)));

  GraphBuilder parts({3, 8, 8});
  const Value both = parts.concat(std::array{
      conv(parts, parts.input(), 4, 3), conv(parts, parts.input(), 4, 1)});
  CHECK_FALSE(main_path(finish(std::move(parts), both)));

  GraphBuilder none({3, 8, 8});
  const Value input = none.input();
  CHECK_FALSE(main_path(finish(std::move(none), input)));

  const auto path_of = [](const char* space, const char* spec) {
    return main_path(find_space(space).build(spec, {3, 32, 32}, 10));
  };
  CHECK_FALSE(path_of("nats-sss", "8:16:8:16:8"));
  CHECK_FALSE(path_of("pit", "b32-r4-d2.6.4-h2.4.8"));
  CHECK(path_of("resnet", "cifar-basic-1.1.1-8.8.16"));
}
