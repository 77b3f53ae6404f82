// Check values: the benchmark's own table of all 6,561 members.
#include <array>
#include <set>
#include <string>

#include "analysis/statistics/correlation.h"
#include "benchmarks/tables/table.h"
#include "common/error.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp::graph;
using namespace zcp::spaces;

namespace {

const Space& space() {
  return find_space("nas-bench-macro");
}

Graph build(const std::string& spec) {
  return space().build(spec, {3, 32, 32}, 10);
}

}  // namespace

TEST_CASE("NAS-Bench-Macro: #params and MACs of four members") {
  CHECK(build("00000000").params() == 387882);
  CHECK(build("00000000").macs() == 7713280);
  CHECK(build("11111111").params() == 1588874);
  CHECK(build("11111111").macs() == 53246464);
  CHECK(build("22222222").params() == 2932586);
  CHECK(build("22222222").macs() == 105660928);
  CHECK(build("22212220").params() == 1985514);
  CHECK(build("22212220").macs() == 85164544);
}

TEST_CASE("NAS-Bench-Macro: the whole official table to the unit") {
  const auto file = zcp::test::shared("data/nas_bench_macro.csv");
  if (zcp::test::absent(file)) return;
  const auto table = zcp::tables::read_table(
      file, std::array<std::string, 3>{"params", "macs", "accuracy_mean"});
  REQUIRE(table.arch.size() == 6561);
  std::vector<double> params;
  std::vector<double> macs;
  int wrong = 0;
  for (std::size_t i = 0; i < table.arch.size(); ++i) {
    const Graph graph = build(table.arch[i]);
    params.push_back(static_cast<double>(graph.params()));
    macs.push_back(static_cast<double>(graph.macs()));
    if (params[i] != table.values[0][i] || macs[i] != table.values[1][i]) {
      ++wrong;
    }
  }
  CHECK(wrong == 0);
  const auto& accuracy = table.values[2];
  CHECK(
      zcp::statistics::kendall_tau_b(params, accuracy) ==
      doctest::Approx(0.2176).epsilon(0.0003));
  CHECK(
      zcp::statistics::kendall_tau_b(macs, accuracy) ==
      doctest::Approx(0.5560).epsilon(0.0001));
}

TEST_CASE("NAS-Bench-Macro: specs, and identities folded") {
  std::set<std::string> specs;
  std::set<std::uint64_t> functions;
  for (std::int64_t i = 0; i < space().info().size; ++i) {
    const std::string spec = space().spec(i);
    CHECK(space().normalise(spec) == spec);
    specs.insert(spec);
    functions.insert(build(spec).hash());
  }
  CHECK(specs.size() == 6561);
  // Later layers of a stage commute with identities: 3 (1 + 2) members of the
  // first stage and 3 (1 + 2 + 4) of the others differ.
  CHECK(functions.size() == 9 * 21 * 21);
}

TEST_CASE("NAS-Bench-Macro: wrong specs name the part that is wrong") {
  const auto message = [](const std::string& spec) -> std::string {
    try {
      space().normalise(spec);
    } catch (const zcp::UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("0201210").find("7 characters") != std::string::npos);
  CHECK(message("02012103").find("layer 7 is '3'") != std::string::npos);
  CHECK(message("0201210x").find("'x'") != std::string::npos);
  CHECK(!message("").empty());
}
