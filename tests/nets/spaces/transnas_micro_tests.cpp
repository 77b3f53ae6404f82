// The API of TransNAS-Bench-101 lists 4,096 micro architectures.
#include <set>
#include <string>

#include "benchmarks/tables/arch_list.h"
#include "nets/spaces/space.h"
#include "tests/support/temporary.h"
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

bool names(const std::string& spec, const std::string& part) {
  return zcp::test::user_error([&] { micro().normalise(spec); }).find(part) !=
         std::string::npos;
}

}  // namespace

TEST_CASE("TransNAS micro: parse and format are inverse on every member") {
  std::set<std::string> specs;
  for (std::int64_t i = 0; i < micro().info().size; ++i) {
    const std::string spec = micro().spec(i);
    CHECK(micro().normalise(spec) == spec);
    specs.insert(spec);
  }
  CHECK(specs.size() == 4096);
  CHECK(micro().info().size == 4096);
}

TEST_CASE("TransNAS: the official micro table is enumerated") {
  const auto file = zcp::test::shared("data/transnas_micro.csv");
  if (zcp::test::absent(file)) return;
  const auto listed = zcp::tables::read_arch_list(file);
  REQUIRE(listed.size() == 4096);
  std::set<std::string> specs;
  for (std::int64_t i = 0; i < micro().info().size; ++i) {
    specs.insert(micro().spec(i));
  }
  for (const std::string& spec : listed) {
    CHECK(micro().normalise(spec) == spec);
    CHECK(specs.count(spec) == 1);
  }
}

TEST_CASE("TransNAS micro: every member builds, dead cells too") {
  std::set<std::uint64_t> functions;
  for (std::int64_t i = 0; i < micro().info().size; ++i) {
    const Graph graph = micro().build(micro().spec(i), kImage, 75);
    CHECK(graph.blocks().size() == 11);
    functions.insert(graph.hash());
  }
  CHECK(functions.size() > 1);
  CHECK(functions.size() < 4096);
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

TEST_CASE("TransNAS micro: wrong specs name the part that is wrong") {
  CHECK(names("64-1234-basic", "64-41414-"));
  CHECK(names("64-41414-1_02_33", "'1_02_33'"));
  CHECK(names("64-41414-1_04_333", "'4'"));
  CHECK(names("64-41414-1x02_333", "'x'"));
}
