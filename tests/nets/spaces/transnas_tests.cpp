// Check values: counts of an independent PyTorch implementation,
// tests/reference/spaces.py. The API of TransNAS-Bench-101 lists 4,096 micro
// and 3,256 macro architectures.
#include <set>
#include <string>

#include "benchmarks/tables/arch_list.h"
#include "common/error.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Shape kImage{3, 256, 256};
const Shape kPuzzle{27, 64, 64};

const Space& micro() {
  return find_space("transnas-micro");
}

const Space& macro() {
  return find_space("transnas-macro");
}

const Output kLayout{9, Head::vector};
const Output kSegments{17, Head::pixel_classes};
const Output kNormals{3, Head::pixels};

std::string message(const Space& space, const std::string& spec) {
  try {
    space.normalise(spec);
  } catch (const zcp::UserError& error) {
    return error.what();
  }
  return "";
}

bool names(
    const Space& space,
    const std::string& spec,
    const std::string& part) {
  return message(space, spec).find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("TransNAS: #params and MACs of every head") {
  struct Count {
    std::string spec;
    Shape input;
    Output output;
    std::int64_t params;
    std::int64_t macs;
  };
  const std::vector<Count> counts{
      {"64-41414-1_02_333", kImage, 75, 22559083, 4585985611},
      {"64-41414-1_02_333", kImage, kLayout, 22525225, 4585951753},
      {"64-41414-1_02_333", kPuzzle, 1000, 27129608, 2584204264},
      {"64-41414-1_02_333", kImage, kSegments, 33544785, 5968068608},
      {"64-41414-1_02_333", kImage, kNormals, 45392467, 6410043392},
      {"64-41414-3_21_103", kImage, 75, 14714219, 3050870347},
      {"64-41414-3_21_103", kImage, kLayout, 14680361, 3050836489},
      {"64-41414-3_21_103", kPuzzle, 1000, 19284744, 1720701928},
      {"64-41414-3_21_103", kImage, kSegments, 25699921, 4432953344},
      {"64-41414-3_21_103", kImage, kNormals, 37547603, 4874928128},
      {"64-1234-basic", kImage, 75, 3419499, 3998763851},
      {"64-1234-basic", kImage, kLayout, 3402537, 3998746889},
      {"64-1234-basic", kPuzzle, 1000, 5705224, 2251598824},
      {"64-1234-basic", kImage, kSegments, 12065105, 6815612928},
      {"64-1234-basic", kImage, kNormals, 23912787, 9522806784},
      {"64-4131-basic", kImage, 75, 2343915, 1536697803},
      {"64-4131-basic", kImage, kLayout, 2335401, 1536689289},
      {"64-4131-basic", kPuzzle, 1000, 3487240, 865540072},
      {"64-4131-basic", kImage, kSegments, 9819473, 4051566592},
      {"64-4131-basic", kImage, kNormals, 21667155, 6758760448},
      {"64-313431-basic", kImage, 75, 2205419, 487335371},
      {"64-313431-basic", kImage, kLayout, 2196905, 487326857},
      {"64-313431-basic", kPuzzle, 1000, 3348744, 275273704},
      {"64-313431-basic", kImage, kSegments, 9680977, 1359790080},
      {"64-313431-basic", kImage, kNormals, 21528659, 1348730880},
  };
  for (const Count& count : counts) {
    CAPTURE(count.spec);
    CAPTURE(count.output.channels);
    const Space& space = count.spec.ends_with("basic") ? macro() : micro();
    const Graph graph = space.build(count.spec, count.input, count.output);
    CHECK(graph.params() == count.params);
    CHECK(graph.macs() == count.macs);
  }
}

TEST_CASE("TransNAS: parse and format are inverse on every member") {
  for (const Space* space : {&micro(), &macro()}) {
    std::set<std::string> specs;
    for (std::int64_t i = 0; i < space->info().size; ++i) {
      const std::string spec = space->spec(i);
      CHECK(space->normalise(spec) == spec);
      specs.insert(spec);
    }
    CHECK(std::ssize(specs) == space->info().size);
  }
  CHECK(micro().info().size == 4096);
  CHECK(macro().info().size == 3256);
}

TEST_CASE("TransNAS: the official micro table is enumerated") {
  const auto file = zcp::test::shared("data/transnas_micro.csv");
  if (zcp::test::absent(file)) return;
  const auto listed = zcp::tables::read_arch_list(file);
  CHECK(listed.size() == 4096);
  std::set<std::string> specs;
  for (std::int64_t i = 0; i < micro().info().size; ++i) {
    specs.insert(micro().spec(i));
  }
  for (const std::string& spec : listed) {
    CHECK(micro().normalise(spec) == spec);
    CHECK(specs.count(spec) == 1);
  }
}

TEST_CASE("TransNAS: every member builds, dead cells too") {
  std::set<std::uint64_t> functions;
  for (std::int64_t i = 0; i < micro().info().size; ++i) {
    const Graph graph = micro().build(micro().spec(i), kImage, 75);
    CHECK(graph.blocks().size() == 11);
    functions.insert(graph.hash());
  }
  CHECK(functions.size() < 4096);
  for (std::int64_t i = 0; i < macro().info().size; i += 7) {
    const Graph graph = macro().build(macro().spec(i), kImage, 75);
    CHECK(graph.output_shape() == Shape{75, 1, 1});
  }
}

TEST_CASE("TransNAS: decoders give every pixel of the input's size") {
  for (const Output& output : {kSegments, kNormals}) {
    // 3, 4, 5 and 6 doublings.
    for (const char* spec :
         {"64-1123-basic",
          "64-1234-basic",
          "64-444111-basic",
          "64-311433-basic"}) {
      const Graph graph = macro().build(spec, kImage, output);
      CHECK(graph.output_shape() == Shape{output.channels, 256, 256});
    }
    const Graph graph = micro().build("64-41414-1_02_333", kImage, output);
    CHECK(graph.output_shape() == Shape{output.channels, 256, 256});
  }
  CHECK_THROWS_AS(
      micro().build("64-41414-1_02_333", {3, 100, 100}, kNormals),
      zcp::UserError);
}

TEST_CASE("TransNAS: nine tiles share one encoder") {
  const Graph puzzle = micro().build("64-41414-1_02_333", kPuzzle, 1000);
  const Graph tile = micro().build("64-41414-1_02_333", {3, 64, 64}, 1000);
  // The classifier reads nine times the features.
  CHECK(puzzle.params() == tile.params() + 8 * 512 * 1000);
  CHECK(puzzle.macs() == 9 * (tile.macs() - 513 * 1000) + (9 * 512 + 1) * 1000);
  CHECK(puzzle.layers().size() == tile.layers().size());
  CHECK(puzzle.blocks().size() == 11);
  CHECK(puzzle.repeated_blocks().size() == std::size_t{8} * 11);
  CHECK_THROWS_AS(
      micro().build("64-41414-1_02_333", kPuzzle, kNormals), zcp::UserError);
}

TEST_CASE("TransNAS: functionally equal cells have one hash") {
  const auto hash = [](const std::string& spec, const Shape& input) {
    return micro().build(spec, input, 10).hash();
  };
  // Node 1 or node 2 alone on the way: the same convolution.
  CHECK(hash("64-41414-3_00_010", kImage) == hash("64-41414-0_30_001", kImage));
  CHECK(
      hash("64-41414-3_00_010", kPuzzle) == hash("64-41414-0_30_001", kPuzzle));
  CHECK(hash("64-41414-3_00_010", kImage) != hash("64-41414-2_00_010", kImage));
}

TEST_CASE("TransNAS: wrong specs name the part that is wrong") {
  CHECK(names(micro(), "64-1234-basic", "64-41414-"));
  CHECK(names(micro(), "64-41414-1_02_33", "'1_02_33'"));
  CHECK(names(micro(), "64-41414-1_04_333", "'4'"));
  CHECK(names(micro(), "64-41414-1x02_333", "'x'"));
  CHECK(names(macro(), "64-41414-1_02_333", "-basic"));
  CHECK(names(macro(), "64-1264-basic", "'6'"));
  CHECK(names(macro(), "64-1111-basic", "0 halve"));
  CHECK(names(macro(), "64-4444-basic", "4 double"));
  CHECK(names(macro(), "64-134-basic", "3 modules"));
  CHECK(names(macro(), "64-basic", "expected"));
}
