// --costs F, whatever form its architectures have there.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/support/program.h"

namespace {

using namespace zcp::test;

/// NASLib's tuple of a cell whose last two edges tell it from others.
std::string tuple(int i) {
  return fmt::format("\"(2, 2, 2, 2, {}, {})\"", i / 5, i % 5);
}

/// The same cell as NATS-TSS writes it: NASLib's edges are those into nodes 1,
/// 2 and 3 from 0, into 2 and 3 from 1, into 3 from 2.
std::string spec(int i) {
  const std::array names{
      "skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"};
  return fmt::format(
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|{}~1|"
      "{}~2|",
      names.at(static_cast<std::size_t>(i) / 5),
      names.at(static_cast<std::size_t>(i) % 5));
}

/// Four cells of which none beats another, and nine that the first beats.
struct Files {
  Files() {
    const std::array scores{1, 3, 2, 5};
    std::string rows = "arch,p,acc\n";
    std::string specs = "arch,ms\n";
    std::string tuples = specs;
    for (int i = 12; i >= 0; --i) {
      const bool beaten = i >= 4;
      const int p = beaten ? 0 : scores.at(static_cast<std::size_t>(i));
      const double ms = beaten ? 1.5 : i + 1;
      rows += fmt::format("{},{},{}\n", spec(i), p, beaten ? 50 : 50 + 10 * i);
      specs += fmt::format("{},{}\n", spec(i), ms);
      tuples += fmt::format("{},{}\n", tuple(i), ms);
    }
    table = folder.write("t.csv", rows);
    costs = {folder.write("specs.csv", specs), folder.write("c.csv", tuples)};
  }

  TemporaryFolder folder;
  std::string table;
  Strings costs;
};

}  // namespace

TEST_CASE("program: costs by NASLib's tuples are those of the cells") {
  const Files files;
  for (const std::string& costs : files.costs) {
    CAPTURE(costs);
    const Strings rank{
        "rank", "--scores", files.table, "--by", "p", "--costs", costs};
    CHECK(
        output_of(rank + Strings{"--cost", "ms", "--top", "3"}) ==
        fmt::format(
            "rank,arch,score,ties,ms\n1,{},5,1,4\n2,{},3,1,2\n3,{},2,1,3\n",
            spec(3),
            spec(1),
            spec(2)));
    const Finished within = run_zcp(rank + Strings{"--max", "ms=3"});
    CHECK(within.err.find("12 of 13 architectures") != std::string::npos);
    const Finished front = run_zcp(
        {"pareto",
         "--scores",
         files.table,
         "--by",
         "p",
         "--costs",
         costs,
         "--cost",
         "ms"});
    CHECK(
        front.out ==
        fmt::format(
            "arch,ms,p\n{},1,1\n{},2,3\n{},4,5\n", spec(0), spec(1), spec(3)));
  }
}

TEST_CASE("program: correlate under costs by NASLib's tuples") {
  const Files files;
  for (const std::string& costs : files.costs) {
    CAPTURE(costs);
    const auto rows = nlohmann::json::parse(output_of(
        {"correlate",
         "--scores",
         files.table,
         "--truth",
         files.table,
         "--metric",
         "acc",
         "--proxies",
         "p",
         "--costs",
         costs,
         "--cost",
         "ms",
         "--limit",
         "3,4",
         "--json",
         "--quiet",
         "--bootstrap",
         "0"}));
    const auto& cost = rows[0]["cost"];
    CHECK(cost["chosen_front"] == 3);
    REQUIRE(cost["limits"].size() == 2);
    CHECK(cost["limits"][0]["lost"] == 10.0);
    CHECK(cost["limits"][1]["lost"] == 0.0);
  }
}

TEST_CASE("program: costs of none of the architectures are refused") {
  const Files files;
  const std::string costs = files.folder.write("other.csv", "arch,ms\na,1\n");
  check_refused(
      {"rank",
       "--scores",
       files.table,
       "--by",
       "p",
       "--costs",
       costs,
       "--max",
       "ms=3"},
      "no architecture is in both tables");
}
