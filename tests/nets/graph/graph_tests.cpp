#include <array>
#include <stdexcept>

#include "nets/graph/graph.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;

namespace {

Attributes conv(int out, int kernel, int stride = 1, int groups = 1) {
  Attributes a;
  a.out_channels = out;
  a.window.kernel = kernel;
  a.window.stride = stride;
  a.window.padding = kernel / 2;
  a.groups = groups;
  return a;
}

}  // namespace

TEST_CASE("convolution counts by the textbook formula") {
  GraphBuilder builder({3, 32, 32});
  const auto y = builder.conv2d(builder.input(), conv(16, 3, 2));
  CHECK(builder.shape(y) == Shape{16, 16, 16});
  const Graph graph = std::move(builder).finish(y);
  CHECK(graph.params() == 3 * 3 * 3 * 16);
  CHECK(graph.macs() == 3 * 3 * 3 * 16 * 16 * 16);
}

TEST_CASE("depthwise convolution divides by its groups") {
  GraphBuilder builder({8, 10, 10});
  const auto y = builder.conv2d(builder.input(), conv(8, 5, 1, 8));
  const Graph graph = std::move(builder).finish(y);
  CHECK(graph.params() == 5 * 5 * 8);
  CHECK(graph.macs() == 5 * 5 * 8 * 100);
}

TEST_CASE("a linear layer counts its bias once as parameter and addition") {
  GraphBuilder builder({64, 1, 1});
  const Graph graph = [&] {
    const auto y = builder.linear(builder.input(), 10);
    return std::move(builder).finish(y);
  }();
  CHECK(graph.params() == 650);
  CHECK(graph.macs() == 650);
  CHECK(graph.output_shape() == Shape{10, 1, 1});
}

TEST_CASE("shapes that do not fit are refused") {
  GraphBuilder builder({3, 4, 4});
  const auto a = builder.conv2d(builder.input(), conv(8, 3));
  const auto b = builder.conv2d(builder.input(), conv(4, 3));
  CHECK_THROWS_AS(builder.add(std::array{a, b}), std::invalid_argument);
  CHECK_THROWS_AS(builder.conv2d(a, conv(9, 3, 1, 2)), std::invalid_argument);
  CHECK_THROWS_AS(builder.avg_pool(a, 9, 1, 0), std::invalid_argument);
  CHECK_THROWS_AS(builder.linear(a, 10), std::invalid_argument);
}

TEST_CASE("what nothing reads is counted but does not run") {
  GraphBuilder builder({3, 8, 8});
  const auto unread = builder.conv2d(builder.input(), conv(8, 3));
  (void)unread;
  const auto y = builder.conv2d(builder.input(), conv(4, 1));
  const Graph graph = std::move(builder).finish(y);
  CHECK(graph.layers().size() == 2);
  CHECK(graph.params() == 3 * 8 * 9 + 12);
  CHECK(graph.nodes().size() == 2);
}

TEST_CASE("zeros fold through layers without bias") {
  GraphBuilder builder({3, 8, 8});
  const auto zero = builder.zero({3, 8, 8});
  const auto dead =
      builder.batch_norm(builder.conv2d(builder.relu(zero), conv(3, 3)));
  const auto y = builder.add(std::array{builder.input(), dead});
  CHECK(y == builder.input());
  const Graph graph = std::move(builder).finish(y);
  CHECK(graph.params() == 81 + 6);
}

TEST_CASE("an as-declared graph runs the zeros") {
  GraphBuilder builder({3, 8, 8}, Folding::as_declared);
  const auto dead = builder.relu(builder.zero({3, 8, 8}));
  const auto y = builder.add(std::array{builder.input(), dead});
  const Graph graph = std::move(builder).finish(y);
  CHECK(graph.nodes().size() == 4);
}

TEST_CASE("a gate multiplies each channel of its map by a number") {
  GraphBuilder builder({8, 4, 4});
  const auto x = builder.input();
  const auto gate =
      builder.sigmoid(builder.conv2d(builder.global_avg_pool(x), conv(8, 1)));
  const auto y = builder.multiply(x, gate);
  CHECK(builder.shape(y) == Shape{8, 4, 4});
  CHECK_THROWS_AS(
      builder.multiply(x, builder.conv2d(gate, conv(4, 1))),
      std::invalid_argument);
  CHECK_THROWS_AS(builder.multiply(gate, x), std::invalid_argument);
  // A gate of zeros is one half; gated zeros are zeros.
  const auto zero = builder.zero({8, 1, 1});
  CHECK(builder.sigmoid(zero) != zero);
  const auto gated = builder.multiply(builder.zero({8, 4, 4}), gate);
  CHECK(builder.add(std::array{y, gated}) == y);
  const Graph graph = std::move(builder).finish(y);
  CHECK(graph.nodes().back().op == Op::multiply);
}

TEST_CASE("what is multiplied and what multiplies are told apart") {
  const auto build = [](bool swapped) {
    GraphBuilder builder({8, 1, 1});
    const auto a = builder.sigmoid(builder.input());
    const auto b = builder.relu(builder.input());
    const auto y = swapped ? builder.multiply(b, a) : builder.multiply(a, b);
    return std::move(builder).finish(y).hash();
  };
  CHECK(build(true) != build(false));
}

TEST_CASE("additions of biases are counted until they are left out") {
  const auto macs = [](bool counted) {
    GraphBuilder builder({4, 8, 8});
    if (!counted) builder.leave_out_bias_macs();
    Attributes a = conv(2, 1);
    a.bias = true;
    const auto x = builder.global_avg_pool(builder.conv2d(builder.input(), a));
    return std::move(builder).finish(builder.linear(x, 10)).macs();
  };
  CHECK(macs(false) == 4 * 2 * 64 + 2 * 10);
  CHECK(macs(true) == 4 * 2 * 64 + 2 * 10 + 2 * 64 + 10);
}
