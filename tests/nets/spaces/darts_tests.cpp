// Check values: P-DARTS (chenxin061/pdarts issue 7) counts 3,433,798 parameters
// of its genotype with 36 channels, 20 cells and 10 classes, without auxiliary
// head. The others are counts of an independent PyTorch implementation,
// tests/reference/spaces.py.
#include <fstream>
#include <set>
#include <string>

#include "common/error.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Space& space() {
  return find_space("darts");
}

const Skeleton kFinal{36, 6, true};  // 20 cells

const std::string kDartsV2 =
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), "
    "('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], "
    "normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), "
    "('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
    "('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])";
const std::string kPDarts =
    "Genotype(normal=[('skip_connect', 0), ('dil_conv_3x3', 1), "
    "('skip_connect', 0),('sep_conv_3x3', 1), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 3), ('sep_conv_3x3',0), ('dil_conv_5x5', 4)], "
    "normal_concat=range(2, 6), reduce=[('avg_pool_3x3', 0), "
    "('sep_conv_5x5', 1), ('sep_conv_3x3', 0), ('dil_conv_5x5', 2), "
    "('max_pool_3x3', 0), ('dil_conv_3x3', 1), ('dil_conv_3x3', 1), "
    "('dil_conv_5x5', 3)], reduce_concat=range(2, 6))";

Graph build(
    const std::string& spec,
    const Skeleton& skeleton = {},
    Folding folding = Folding::functional) {
  return space().build(spec, {3, 32, 32}, 10, skeleton, folding);
}

std::string message(const std::string& spec) {
  try {
    space().normalise(spec);
  } catch (const zcp::UserError& error) {
    return error.what();
  }
  return "";
}

bool names(const std::string& spec, const std::string& part) {
  return message(spec).find(part) != std::string::npos;
}

/// The example with one part replaced.
std::string changed(const std::string& part, const std::string& by) {
  std::string spec = space().info().example;
  return spec.replace(spec.find(part), part.size(), by);
}

}  // namespace

TEST_CASE("DARTS: published and independent #params and MACs") {
  CHECK(build(kPDarts, kFinal).params() == 3433798);
  CHECK(build(kDartsV2, kFinal).params() == 3349342);
  CHECK(build(kDartsV2, kFinal).macs() == 528359050);
  CHECK(build(kDartsV2).params() == 919722);
  CHECK(build(kDartsV2).macs() == 159765514);
}

TEST_CASE("DARTS: both forms of a genotype are one") {
  CHECK(space().normalise(kDartsV2) == space().info().example);
  CHECK(build(kDartsV2).hash() == build(space().info().example).hash());
}

TEST_CASE("DARTS: the two edges of a node commute") {
  const std::string swapped =
      changed("sep_conv_3x3~1,skip_connect~0", "skip_connect~0,sep_conv_3x3~1");
  CHECK(swapped != space().info().example);
  CHECK(space().normalise(swapped) == swapped);
  CHECK(build(swapped).hash() == build(kDartsV2).hash());
}

TEST_CASE("DARTS: a node that reads none alone is zero") {
  const std::string cell =
      "none~0,none~1|skip_connect~2,sep_conv_3x3~1|skip_connect~0,"
      "skip_connect~1|max_pool_3x3~0,avg_pool_3x3~1";
  const std::string spec = "normal:" + cell + ";reduce:" + cell;
  CHECK(build(spec).params() > 0);
  CHECK(build(spec, {}, Folding::as_declared).params() == build(spec).params());
}

TEST_CASE("DARTS: a block a cell and the stem; two cells reduce") {
  const Graph graph = build(kDartsV2);
  REQUIRE(graph.blocks().size() == 9);
  const auto shape = [&](std::size_t i) {
    return graph.nodes()[static_cast<std::size_t>(graph.blocks()[i])].shape;
  };
  CHECK(shape(0) == Shape{96, 32, 32});
  CHECK(shape(2) == Shape{128, 32, 32});
  CHECK(shape(3) == Shape{256, 16, 16});
  CHECK(shape(6) == Shape{512, 8, 8});
  CHECK(shape(8) == Shape{512, 8, 8});
}

TEST_CASE("DARTS: numbered genotypes are different and come back") {
  // 49 pairs of operations at each of four nodes with 1, 3, 6, 10 pairs of
  // inputs, for each of two cells.
  constexpr std::int64_t kCell = std::int64_t{49} * 49 * 49 * 49 * 180;
  CHECK(space().info().size == kCell * kCell);
  std::set<std::string> specs;
  for (std::int64_t i = 0; i < 20000; ++i) {
    const std::int64_t index = space().info().size / 20000 * i + i;
    const std::string spec = space().spec(index);
    CHECK(space().normalise(spec) == spec);
    specs.insert(spec);
  }
  CHECK(specs.size() == 20000);
  CHECK(specs.insert(space().spec(space().info().size - 1)).second);
}

TEST_CASE("DARTS: every pair of inputs of the last node is numbered once") {
  // The last node is the lowest digits: 7 x 7 operations x 10 pairs.
  std::set<std::string> last;
  for (std::int64_t i = 0; i < 490; ++i) {
    const std::string spec = space().spec(i);
    last.insert(spec.substr(spec.rfind('|')));
  }
  CHECK(last.size() == 490);
}

TEST_CASE("DARTS: 1,000 trained genotypes parse and build") {
  const auto file = zcp::test::shared("data/darts_cifar10_1000.csv");
  if (zcp::test::absent(file)) return;
  std::ifstream in(file);
  int count = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string spec = line.substr(1, line.rfind('"') - 1);
    const std::string own = space().normalise(spec);
    CHECK(space().normalise(own) == own);
    const Graph graph = build(own);
    CHECK(graph.params() > 0);
    CHECK(graph.hash() == build(spec).hash());
    ++count;
  }
  CHECK(count == 1000);
}

TEST_CASE("DARTS: wrong genotypes name the part that is wrong") {
  CHECK(names(changed("dil_conv_3x3~2", "dil_conv_7x7~2"), "'dil_conv_7x7'"));
  CHECK(names(changed("dil_conv_3x3~2", "dil_conv_3x3~5"), "node 5 reads '5'"));
  CHECK(names(changed("dil_conv_3x3~2", "dil_conv_3x3"), "node 5 reads ''"));
  CHECK(names(changed(";reduce", ";normal"), "'reduce:'"));
  CHECK(names(changed("dil_conv_3x3~2;", "dil_conv_3x3~2|x;"), "'x'"));
  CHECK(names(
      changed("dil_conv_3x3~2;", "dil_conv_3x3~2,none~0;"),
      "expected two edges"));
  CHECK(!message("").empty());
  CHECK(names("Genotype(normal=[('sep', 0)])", "'sep'"));
  CHECK(names("Genotype()", "the cells normal and reduce"));
  CHECK(names(kDartsV2.substr(0, kDartsV2.size() - 1) + ", x=3)", "'x'"));
  const std::string other_concat = [] {
    std::string spec = kPDarts;
    return spec.replace(spec.find("range(2, 6)"), 11, "range(3, 6)");
  }();
  CHECK(names(other_concat, "normal_concat=range(2, 6)"));
  CHECK(names(kDartsV2 + "x", "nothing after"));
  CHECK_THROWS_AS(
      space().build(kDartsV2, {3, 32, 32}, {9, Head::vector}), zcp::UserError);
}
