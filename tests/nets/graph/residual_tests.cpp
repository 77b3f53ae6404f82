#include <algorithm>
#include <array>

#include "nets/graph/residual.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

using Value = GraphBuilder::Value;

Value conv(GraphBuilder& graph, Value x, int out, int kernel, int groups = 1) {
  Attributes a;
  a.out_channels = out;
  a.window.kernel = kernel;
  a.window.padding = kernel / 2;
  a.groups = groups;
  return graph.batch_norm(graph.conv2d(x, a));
}

/// x + f(x), f of convolutions with these widths; the middle of three is
/// depthwise where `inverted`.
Value residual(
    GraphBuilder& graph,
    Value x,
    const std::vector<int>& widths,
    bool inverted = false) {
  Value y = x;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const bool depthwise = inverted && i == 1;
    y = conv(graph, y, widths[i], 3, depthwise ? widths[i] : 1);
    if (i + 1 < widths.size()) y = graph.relu(y);
  }
  const Value shortcut = graph.shape(x).channels == widths.back()
                             ? x
                             : conv(graph, x, widths.back(), 1);
  const Value sum = graph.add(std::array{y, shortcut});
  graph.end_block(sum);
  return sum;
}

Graph finish(GraphBuilder&& graph, Value x) {
  return std::move(graph).finish(graph.linear(graph.global_avg_pool(x), 10));
}

}  // namespace

TEST_CASE("residual blocks are found with their widths and shortcuts") {
  using Kind = ResidualBlock::Kind;
  GraphBuilder graph({3, 8, 8});
  Value x = conv(graph, graph.input(), 16, 3);
  x = graph.relu(residual(graph, x, {16, 16}));
  x = graph.relu(residual(graph, x, {32, 32}));
  x = graph.relu(residual(graph, x, {8, 8, 32}));
  x = residual(graph, x, {96, 96, 32}, true);
  x = residual(graph, x, {96, 96, 32}, true);
  const auto blocks = residual_blocks(finish(std::move(graph), x));
  REQUIRE(blocks.size() == 5);
  const std::array kinds{
      Kind::basic,
      Kind::basic,
      Kind::bottleneck,
      Kind::inverted,
      Kind::inverted};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CAPTURE(i);
    CHECK(blocks[i].kind == kinds[i]);
    CHECK(blocks[i].identity == (i != 1));
  }
  CHECK(blocks[1].input == 16);
  CHECK(blocks[1].widths == std::vector{32, 32});
  CHECK(blocks[2].widths == std::vector{8, 8, 32});
  CHECK(blocks[4].input == 32);
}

TEST_CASE("a plain network has none, the ResNet among the cells all") {
  GraphBuilder graph({3, 8, 8});
  Value x = graph.relu(conv(graph, graph.input(), 16, 3));
  x = conv(graph, x, 16, 3);
  CHECK(residual_blocks(finish(std::move(graph), x)).empty());
  // The cell of NATS-TSS that is a residual block, between two reductions.
  const Graph resnet =
      find_space("nats-tss")
          .build(
              "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|"
              "skip_connect~2|",
              {3, 32, 32},
              10);
  const auto blocks = residual_blocks(resnet);
  CHECK(blocks.size() == 17);
  CHECK(std::ranges::count(blocks, true, &ResidualBlock::identity) == 15);
}
