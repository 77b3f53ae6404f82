// Check values: NATS-Bench's cost tables, the official records of indices 0, 11
// and 284 (params in M, MACs in M, exact).
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
  return find_space("nats-sss");
}

struct Counts {
  std::int64_t params;
  std::int64_t macs;
  bool operator==(const Counts&) const = default;
};

Counts counts(const std::string& spec, Shape input, int classes) {
  const Graph graph = space().build(spec, input, classes);
  return {graph.params(), graph.macs()};
}

constexpr Shape kCifar{3, 32, 32};
constexpr Shape kImageNet16{3, 16, 16};

}  // namespace

TEST_CASE("NATS-SSS: published #params and MACs, three data sets") {
  CHECK(counts("8:8:8:8:8", kCifar, 10) == Counts{11714, 4481114});
  CHECK(counts("8:8:8:8:8", kCifar, 100) == Counts{12524, 4481924});
  CHECK(counts("8:8:8:8:8", kImageNet16, 120) == Counts{12704, 1121336});
  CHECK(counts("8:8:8:16:32", kCifar, 10) == Counts{49202, 6840650});
  CHECK(counts("8:8:8:16:32", kCifar, 100).params == 52172);
  CHECK(counts("8:8:8:16:32", kImageNet16, 120) == Counts{52832, 1714040});
  CHECK(counts("8:8:40:32:40", kCifar, 10) == Counts{144834, 21827994});
  CHECK(counts("8:8:40:32:40", kCifar, 100).params == 148524);
  CHECK(counts("8:8:40:32:40", kImageNet16, 120) == Counts{149344, 5461816});
  CHECK(counts("64:64:64:64:64", kCifar, 10) == Counts{713674, 274399882});
}

TEST_CASE("NATS-SSS: the index is the channels in base 8") {
  CHECK(space().spec(0) == "8:8:8:8:8");
  CHECK(space().spec(1) == "8:8:8:8:16");
  CHECK(space().spec(11) == "8:8:8:16:32");
  CHECK(space().spec(284) == "8:8:40:32:40");
  CHECK(space().spec(32767) == "64:64:64:64:64");
  std::set<std::string> specs;
  int changed = 0;
  for (std::int64_t i = 0; i < space().info().size; ++i) {
    const std::string spec = space().spec(i);
    if (space().normalise(spec) != spec) ++changed;
    specs.insert(spec);
  }
  CHECK(changed == 0);
  CHECK(specs.size() == 32768);
}

TEST_CASE("NATS-SSS: every member is another function") {
  std::set<std::uint64_t> functions;
  for (std::int64_t i = 0; i < space().info().size; i += 37) {
    functions.insert(space().build(space().spec(i), kCifar, 10).hash());
  }
  CHECK(functions.size() == (32768 + 36) / 37);
}

TEST_CASE("NATS-SSS: wrong specs name the part that is wrong") {
  const auto message = [](const std::string& spec) -> std::string {
    try {
      space().normalise(spec);
    } catch (const zcp::UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("8:8:8:8").find("found 4") != std::string::npos);
  CHECK(message("8:8:8:8:72").find("'72'") != std::string::npos);
  CHECK(message("8:8:9:8:8").find("layer 2") != std::string::npos);
  CHECK(message("8:8::8:8").find("layer 2") != std::string::npos);
  CHECK(message("8:8:8:8:8:").find("found 6") != std::string::npos);
  CHECK(message("8:8:8:8:-8").find("'-8'") != std::string::npos);
  CHECK(!message("").empty());
  CHECK_THROWS_AS(
      space().build(space().spec(0), kCifar, 10, {16, 0, true}),
      zcp::UserError);
}
