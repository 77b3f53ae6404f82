// The API of TransNAS-Bench-101 lists 3,256 macro architectures.
#include <set>
#include <string>

#include "nets/spaces/space.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Space& macro() {
  return find_space("transnas-macro");
}

bool names(const std::string& spec, const std::string& part) {
  return zcp::test::user_error([&] { macro().normalise(spec); }).find(part) !=
         std::string::npos;
}

}  // namespace

TEST_CASE("TransNAS macro: parse and format are inverse on every member") {
  std::set<std::string> specs;
  for (std::int64_t i = 0; i < macro().info().size; ++i) {
    const std::string spec = macro().spec(i);
    CHECK(macro().normalise(spec) == spec);
    specs.insert(spec);
  }
  CHECK(specs.size() == 3256);
  CHECK(macro().info().size == 3256);
}

TEST_CASE("TransNAS macro: members build") {
  for (std::int64_t i = 0; i < macro().info().size; i += 7) {
    const Graph graph = macro().build(macro().spec(i), {3, 256, 256}, 75);
    CHECK(graph.output_shape() == Shape{75, 1, 1});
  }
}

TEST_CASE("TransNAS macro: wrong specs name the part that is wrong") {
  CHECK(names("64-41414-1_02_333", "-basic"));
  CHECK(names("64-1264-basic", "'6'"));
  CHECK(names("64-1111-basic", "0 halve"));
  CHECK(names("64-4444-basic", "4 double"));
  CHECK(names("64-134-basic", "3 modules"));
  CHECK(names("64-basic", "expected"));
}
