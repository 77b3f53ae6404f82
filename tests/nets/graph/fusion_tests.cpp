#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "nets/graph/fusion.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

Attributes conv(int out) {
  Attributes a;
  a.out_channels = out;
  a.window.kernel = 3;
  a.window.padding = 1;
  return a;
}

/// A convolution and its BatchNorm.
GraphBuilder::Value normalised(GraphBuilder& builder, GraphBuilder::Value x) {
  return builder.batch_norm(builder.conv2d(x, conv(4)));
}

/// Runs a graph without values: every value that is read is there, and readers
/// from three on run in their order, which sums of gradients show.
class Rehearsal {
 public:
  Rehearsal(const Graph& graph, const Fusion& fusion, bool in_order = true)
      : graph_(graph), fusion_(fusion), in_order_(in_order) {}

  void run() {
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      if (fusion_.deferred[i]) {
        CHECK_FALSE(fusion_.sums[i].has_value());
        CHECK(fusion_.done_after[i].empty());
      } else {
        run_node(static_cast<int>(i));
      }
    }
    for (const auto& [value, readers] : readers_) {
      if (!in_order_) continue;
      CHECK((readers.size() < 3 || std::ranges::is_sorted(readers)));
    }
  }

  const std::set<int>& left() const { return there_; }

 private:
  std::span<const int> inputs(int i) const {
    return graph_.inputs(graph_.nodes()[at_index(i)]);
  }

  void read(int value, int reader) {
    CHECK(there_.count(value) == 1);
    readers_[value].push_back(reader);
  }

  void run_node(int i) {
    const auto& sum = fusion_.sums[at_index(i)];
    if (fusion_.rectified[at_index(i)]) {
      CHECK(there_.count(i) == 1);
      CHECK(fusion_.done_after[at_index(i)].empty());
      return;
    }
    if (!sum) {
      for (const int input : inputs(i)) read(input, i);
    } else {
      const int adder = sum->relu ? inputs(i)[0] : i;
      for (const int term : sum->terms) {
        const bool runs = fusion_.deferred[at_index(term)];
        CHECK((!runs || graph_.nodes()[at_index(term)].op == Op::batch_norm));
        runs ? read(inputs(term)[0], term) : read(term, adder);
      }
    }
    there_.insert(i);
    if (sum && sum->rectified >= 0) there_.insert(sum->rectified);
    for (const int value : fusion_.done_after[at_index(i)]) {
      CHECK(there_.erase(value) == 1);
    }
  }

  const Graph& graph_;
  const Fusion& fusion_;
  bool in_order_;
  std::set<int> there_;
  std::map<int, std::vector<int>> readers_;
};

/// Nothing but the output is left where every value is read.
void check_order(
    const Graph& graph,
    const Fusion& fusion,
    bool in_order = true) {
  Rehearsal rehearsal(graph, fusion, in_order);
  rehearsal.run();
  CHECK(rehearsal.left() == std::set<int>{graph.output()});
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

TEST_CASE("on devices a sum makes its ReLU's value beside its own") {
  GraphBuilder builder({4, 8, 8});
  const auto left = normalised(builder, builder.input());
  const auto right = normalised(builder, builder.input());
  const auto sum = builder.add(std::array{left, right});
  const auto active = builder.relu(sum);
  const auto first = builder.conv2d(active, conv(4));
  const auto second = builder.conv2d(active, conv(4));
  const auto pooled = builder.avg_pool(sum, 3, 1, 1);
  const auto other = builder.max_pool(sum, 3, 1, 1);
  const auto end = builder.add(std::array{first, second, pooled, other});
  const Graph graph = std::move(builder).finish(end);
  const Fusion fusion = fuse_for_devices(graph);
  check_order(graph, fusion, false);
  int found = 0;
  for (const auto& one : fusion.sums) {
    if (!one || one->rectified < 0) continue;
    ++found;
    CHECK_FALSE(one->relu);
    CHECK(one->copies == 2);            // a pool each
    CHECK(one->rectified_copies == 2);  // a convolution each
  }
  CHECK(found == 1);
  CHECK(std::ranges::count(fusion.rectified, true) == 1);
  CHECK(std::ranges::count(fuse(graph).rectified, true) == 0);
}

TEST_CASE("BatchNorms of vectors and an output run by themselves") {
  GraphBuilder builder({4, 8, 8});
  const auto vector = builder.global_avg_pool(builder.input());
  const auto first = builder.relu(builder.batch_norm(vector));
  const auto second = builder.batch_norm(builder.tanh(first));
  const auto third = builder.batch_norm(first);
  const auto sum = builder.add(std::array{second, third});
  const Graph graph = std::move(builder).finish(builder.relu(sum));
  const Fusion fusion = fuse(graph);
  check_order(graph, fusion);
  CHECK(std::ranges::count(fusion.deferred, true) == 0);
}

TEST_CASE("three readers keep their order") {
  GraphBuilder builder({4, 8, 8});
  const auto pool = builder.avg_pool(builder.input(), 3, 1, 1);
  std::array<GraphBuilder::Value, 3> norms{};
  for (auto& norm : norms) norm = builder.batch_norm(pool);
  const auto left = builder.relu(builder.add(std::array{norms[0], norms[2]}));
  const auto right = builder.relu(builder.add(std::array{norms[1], pool}));
  const auto end = builder.add(std::array{left, right});
  const Graph graph = std::move(builder).finish(end);
  check_order(graph, fuse(graph));
}

TEST_CASE("the fused graphs of every space read what is there") {
  for (const auto& space : all_spaces()) {
    CAPTURE(space->info().name);
    if (space->info().tasks[0] == "tokens") continue;  // its graphs do not run
    for (const std::uint64_t seed : {1, 2, 3}) {
      const std::string spec = space->draw(seed);
      const Graph graph = space->build(spec, {3, 32, 32}, 10);
      check_order(graph, fuse(graph));
      check_order(graph, fuse_for_devices(graph), false);
      const Graph declared =
          space->build(spec, {3, 32, 32}, 10, {}, Folding::as_declared);
      const Fusion fusion = fuse(declared);
      Rehearsal(declared, fusion).run();
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
  int sums = 0;
  int with_copies = 0;
  for (const auto& sum : fusion.sums) {
    if (!sum) continue;
    sums += sum->relu ? 1 : 0;
    with_copies += sum->copies > 1 ? 1 : 0;
  }
  // In each of 15 cells the inner nodes' two sums; what leaves a cell is read
  // by one ReLU for three convolutions where another cell follows.
  CHECK(sums >= 30);
  CHECK(with_copies >= 15);
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (graph.nodes()[i].op == Op::batch_norm) CHECK(fusion.deferred[i]);
  }
}
