#include <algorithm>
#include <array>
#include <set>

#include "nets/fusion.h"
#include "nets/space.h"
#include "tests/test_support.h"

using namespace zcp::nets;

namespace {

Attributes conv(int out) {
  Attributes a;
  a.out_channels = out;
  a.kernel = 3;
  a.padding = 1;
  return a;
}

/// A convolution and its BatchNorm.
GraphBuilder::Value normalised(GraphBuilder& builder, GraphBuilder::Value x) {
  return builder.batch_norm(builder.conv2d(x, conv(4)));
}

/// Every value that a sum or a node that runs reads is there when it is read.
void check_order(const Graph& graph, const Fusion& fusion) {
  std::set<int> there;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (fusion.deferred[i]) {
      CHECK_FALSE(fusion.sums[i].has_value());
      CHECK(fusion.done_after[i].empty());
      continue;
    }
    const auto reads = [&](int value) { CHECK(there.count(value) == 1); };
    if (fusion.sums[i]) {
      for (const int term : fusion.sums[i]->terms) {
        const auto& node = graph.nodes()[static_cast<std::size_t>(term)];
        const bool runs = fusion.deferred[static_cast<std::size_t>(term)];
        CHECK((!runs || node.op == Op::batch_norm));
        reads(runs ? graph.inputs(node)[0] : term);
      }
    } else {
      for (const int input : graph.inputs(graph.nodes()[i])) reads(input);
    }
    there.insert(static_cast<int>(i));
    for (const int value : fusion.done_after[i]) {
      CHECK(there.erase(value) == 1);
    }
  }
  CHECK(there == std::set<int>{graph.output()});
}

}  // namespace

TEST_CASE("a sum takes the BatchNorms that it alone reads, and its ReLU both") {
  GraphBuilder builder({4, 8, 8});
  const auto skip = builder.relu(builder.input());
  const auto left = normalised(builder, skip);
  const auto right = normalised(builder, skip);
  const auto sum = builder.add(std::array{left, right, skip});
  const auto active = builder.relu(sum);
  const auto first = builder.conv2d(active, conv(4));
  const auto second = builder.conv2d(active, conv(4));
  const auto end = builder.add(std::array{first, second});
  const Graph graph = std::move(builder).finish(end);
  const Fusion fusion = fuse(graph);
  check_order(graph, fusion);
  int sums = 0;
  for (std::size_t i = 0; i < fusion.sums.size(); ++i) {
    if (!fusion.sums[i]) continue;
    ++sums;
    CHECK(graph.nodes()[i].op == Op::relu);
    CHECK(fusion.sums[i]->relu);
    CHECK(fusion.sums[i]->terms.size() == 3);
    // Each convolution reads one of its own.
    CHECK(fusion.sums[i]->copies == 2);
  }
  CHECK(sums == 1);
  std::multiset<int> copies;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (node.op != Op::conv2d) continue;
    const auto source = static_cast<std::size_t>(graph.inputs(node)[0]);
    if (fusion.sums[source]) copies.insert(fusion.copy_of_input[i]);
  }
  CHECK(copies == std::multiset<int>{0, 1});
  CHECK(std::ranges::count(fusion.deferred, true) == 3);
}

TEST_CASE("values that something else reads stay values") {
  GraphBuilder builder({4, 8, 8});
  const auto shared = normalised(builder, builder.input());
  const auto alone = normalised(builder, builder.input());
  const auto sum = builder.add(std::array{shared, alone});
  const auto active = builder.relu(sum);
  const auto pooled = builder.avg_pool(active, 3, 1, 1);
  // A sum in a sum would be flattened.
  const auto other = builder.max_pool(sum, 3, 1, 1);
  const auto end = builder.add(
      std::array{other, shared, pooled, builder.conv2d(active, conv(4))});
  const Graph graph = std::move(builder).finish(end);
  const Fusion fusion = fuse(graph);
  check_order(graph, fusion);
  // Of the five that could be, one BatchNorm: the other has two readers, and
  // the sum is read beside the ReLU, which is not read by convolutions alone.
  CHECK(std::ranges::count(fusion.deferred, true) == 1);
  for (const auto& found : fusion.sums) {
    if (!found) continue;
    CHECK_FALSE(found->relu);
    CHECK(found->copies == 1);
  }
}

TEST_CASE("a BatchNorm of vectors and an output run by themselves") {
  GraphBuilder builder({4, 8, 8});
  const auto vector = builder.global_avg_pool(builder.input());
  const auto vectors = builder.relu(builder.batch_norm(vector));
  const Graph graph = std::move(builder).finish(vectors);
  const Fusion fusion = fuse(graph);
  check_order(graph, fusion);
  CHECK(std::ranges::count(fusion.deferred, true) == 0);
}

TEST_CASE("the fused graphs of every space read what is there") {
  for (const auto& space : spaces()) {
    CAPTURE(space->info().name);
    for (const std::uint64_t seed : {1, 2, 3}) {
      const Graph graph = space->build(space->draw(seed), {3, 32, 32}, 10);
      check_order(graph, fuse(graph));
    }
  }
}

TEST_CASE("of the cell of six convolutions no sum is written before its ReLU") {
  const Graph graph = find_space("nats-tss")
                          .build(
                              "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
                              "+|nor_conv_3x3~0|"
                              "nor_conv_3x3~1|nor_conv_3x3~2|",
                              {3, 32, 32},
                              10);
  const Fusion fusion = fuse(graph);
  check_order(graph, fusion);
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (node.op != Op::add && node.op != Op::batch_norm) continue;
    // The reduction blocks' sums are read by a shortcut too.
    const bool kept = !fusion.deferred[i];
    CHECK((!kept || fusion.sums[i].has_value() || node.op == Op::batch_norm));
  }
}
