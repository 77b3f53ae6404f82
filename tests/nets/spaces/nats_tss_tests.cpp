// Check values: NATS-Bench's cost tables (params in M, MACs in M, exact).
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string>

#include "benchmarks/tables/table.h"
#include "common/error.h"
#include "nets/spaces/nats_tss.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Space& space() {
  return find_space("nats-tss");
}

struct Task {
  Shape input;
  int classes;
};
const Task kCifar10{{3, 32, 32}, 10};
const Task kCifar100{{3, 32, 32}, 100};
const Task kImageNet16{{3, 16, 16}, 120};

Graph build(
    const std::string& spec,
    const Task& task = kCifar10,
    Folding folding = Folding::functional) {
  return space().build(spec, task.input, task.classes, {}, folding);
}

const std::string kIndex0 =
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|"
    "skip_connect~1|skip_connect~2|";
const std::string kIndex15474 =
    "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_3x3~1|"
    "nor_conv_3x3~2|";
const std::string kDead =
    "|none~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|";

}  // namespace

TEST_CASE("published #params and MACs, three data sets") {
  CHECK(build(kIndex0).params() == 129306);
  CHECK(build(kIndex0).macs() == 15647370);
  CHECK(build(kIndex0, kCifar100).params() == 135156);
  CHECK(build(kIndex0, kCifar100).macs() == 15653220);
  CHECK(build(kIndex0, kImageNet16).params() == 136456);
  CHECK(build(kIndex0, kImageNet16).macs() == 3919480);
  CHECK(build(kIndex15474).params() == 802426);
  CHECK(build(kIndex15474).macs() == 113951370);
  const std::string all3 =
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|"
      "nor_conv_3x3~1|nor_conv_3x3~2|";
  CHECK(build(all3).params() == 1531546);
  CHECK(build(all3).macs() == 220119690);
}

TEST_CASE("the whole space: ranges, ties and functional classes") {
  std::map<std::int64_t, int> params;
  std::set<std::int64_t> macs;
  std::set<std::uint64_t> functions;
  for (std::int64_t i = 0; i < space().info().size; ++i) {
    const Graph graph = build(space().spec(i));
    ++params[graph.params()];
    macs.insert(graph.macs());
    functions.insert(graph.hash());
  }
  CHECK(params.size() == 28);
  CHECK(params.begin()->first == 73306);
  CHECK(params.begin()->second == 729);
  CHECK(params.rbegin()->first == 1531546);
  CHECK(*macs.begin() == 7783050);
  CHECK(*macs.rbegin() == 220119690);
  // Counted independently by comparing cells as terms with shared
  // convolutions, up to a permutation of the convolutions. The 5,390 of the
  // literature compare strings, which neither flatten sums nor see sharing.
  CHECK(functions.size() == 5260);
}

TEST_CASE("#params of every cell equals the official table, quickly") {
  const auto file = zcp::test::shared("data/nats_tss_accuracy.csv");
  if (zcp::test::absent(file)) return;
  const auto table = zcp::tables::read_table(
      file, std::array<std::string, 1>{"params_cifar10"});
  REQUIRE(table.arch.size() == 15625);
  const auto start = std::chrono::steady_clock::now();
  int wrong = 0;
  std::set<std::string> specs;
  for (std::size_t i = 0; i < table.arch.size(); ++i) {
    const auto expected = static_cast<std::int64_t>(table.values[0][i]);
    if (build(table.arch[i]).params() != expected) ++wrong;
    if (space().normalise(table.arch[i]) == table.arch[i]) {
      specs.insert(table.arch[i]);
    }
  }
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  CHECK(wrong == 0);
  CHECK(specs.size() == 15625);
  MESSAGE("15,625 graphs in " << took.count() << " s");
}

TEST_CASE("parse and format are inverse on every member") {
  std::set<std::string> specs;
  for (std::int64_t i = 0; i < space().info().size; ++i) {
    const std::string spec = space().spec(i);
    CHECK(format_nats_cell(parse_nats_cell(spec)) == spec);
    specs.insert(spec);
  }
  CHECK(specs.size() == 15625);
}

TEST_CASE("functionally equal cells have one hash") {
  // Node 1 as a skip of the input, or the input itself.
  const std::string one =
      "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|skip_connect~2|";
  const std::string other =
      "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|";
  CHECK(build(one).hash() == build(other).hash());
  CHECK(build(one).params() == build(other).params());
  // The same string for AutoDL's to_unique_str, but one convolution is shared
  // here and two differ there.
  const std::string shared =
      "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|none~0|nor_conv_3x3~1|"
      "nor_conv_3x3~2|";
  const std::string apart =
      "|nor_conv_1x1~0|+|nor_conv_1x1~0|none~1|+|none~0|nor_conv_3x3~1|"
      "nor_conv_3x3~2|";
  CHECK(build(shared).hash() != build(apart).hash());
}

TEST_CASE("a dead cell leaves a classifier of zeros") {
  const Graph graph = build(kDead);
  // Stem, reductions and tail 73,306, and a 3x3 convolution with BatchNorm in
  // each cell: 5 (2,304 + 32 + 9,216 + 64 + 36,864 + 128).
  CHECK(graph.params() == 73306 + 5 * 48608);
  // input, zero, linear
  CHECK(graph.nodes().size() == 3);
  CHECK(graph.blocks().size() == 18);
  CHECK(build(kDead, kCifar10, Folding::as_declared).nodes().size() > 50);
}

TEST_CASE("where every layer is read both foldings are the same graph") {
  const Graph functional = build(kIndex15474);
  const Graph declared = build(kIndex15474, kCifar10, Folding::as_declared);
  CHECK(functional.hash() == declared.hash());
  CHECK(
      build(kDead).hash() !=
      build(kDead, kCifar10, Folding::as_declared).hash());
}

TEST_CASE("every block is named: stem, 15 cells, 2 reductions") {
  const Graph graph = build(kIndex15474);
  CHECK(graph.blocks().size() == 18);
  const auto shape = [&](std::size_t i) {
    return graph.nodes()[static_cast<std::size_t>(graph.blocks()[i])].shape;
  };
  CHECK(shape(0) == Shape{16, 32, 32});
  CHECK(shape(6) == Shape{32, 16, 16});
  CHECK(shape(17) == Shape{64, 8, 8});
}

TEST_CASE("wrong specs name the part that is wrong") {
  const auto message = [](const std::string& spec) -> std::string {
    try {
      space().normalise(spec);
    } catch (const zcp::UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(
      message("|none~0|+|none~0|none~1|").find("node 3") != std::string::npos);
  CHECK(
      message("|conv~0|+|none~0|none~1|+|none~0|none~1|none~2|")
          .find("'conv'") != std::string::npos);
  CHECK(
      message("|none~1|+|none~0|none~1|+|none~0|none~1|none~2|")
          .find("none~0") != std::string::npos);
  CHECK(!message(kDead + "x").empty());
  CHECK(!message("").empty());
  CHECK(!message(kDead + "+|none~0|").empty());
}
