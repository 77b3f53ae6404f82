#include <doctest/doctest.h>

#include <cmath>

#include "apps/budget.h"
#include "apps/command.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
namespace po = boost::program_options;
using Strings = std::vector<std::string>;

Budget budget_of(const Arguments& arguments) {
  po::options_description options("Budget");
  add_budget_options(options);
  po::variables_map values;
  REQUIRE(parse_options(arguments, "usage", "example", options, values));
  return parse_budget(values);
}

std::string refusal_of(const Arguments& arguments) {
  return zcp::test::user_error([&] { budget_of(arguments); });
}

double broken_value(const Budget& budget, double params, double macs) {
  const Bound* bound = budget.first_broken([&](const std::string& column) {
    return column == "params" ? params : macs;
  });
  return bound == nullptr ? 0 : bound->value;
}

}  // namespace

TEST_CASE("budget: a bound is within, several have all to hold") {
  const Budget budget = budget_of(
      {"--max", "params=450e6", "--min", "params=10", "--max", "macs=2.5"});
  CHECK(budget.columns() == Strings{"params", "macs"});
  CHECK(budget.needs_graphs());
  CHECK(broken_value(budget, 450e6, 2.5) == 0);
  CHECK(broken_value(budget, 450e6 + 1, 2) == 450e6);
  CHECK(broken_value(budget, 9, 2) == 10);
  CHECK(broken_value(budget, 10, 3) == 2.5);
  CHECK(broken_value(budget, std::nan(""), 2) == 450e6);
  CHECK(budget.bounds[0].text() == "--max params=450000000");
}

TEST_CASE("budget: nothing asked for limits nothing") {
  const Budget budget = budget_of({});
  CHECK(budget.empty());
  CHECK_FALSE(budget.needs_graphs());
  CHECK(broken_value(budget, 1, 1) == 0);
}

TEST_CASE("budget: what is refused") {
  const std::string expected =
      ": expected COLUMN=VALUE with a number, like params=450e3";
  for (const char* text :
       {"params",
        "=3",
        "params=",
        "params=x",
        "params=nan",
        "params=inf",
        "params=1e3x"}) {
    CHECK(
        refusal_of({"--max", text}) == "--max " + std::string(text) + expected);
  }
  CHECK(
      refusal_of({"--min", "param=3"}) ==
      "--min param=3: no column param, did you mean params?; expected params, "
      "macs, depth, features, or a column of --costs F");
  CHECK(
      refusal_of({"--max", "macs=1", "--min", "macs=2"}) ==
      "--min macs=2 and --max macs=1: no value is within both");
  CHECK(
      refusal_of({"--costs", "c.csv"}) ==
      "--costs c.csv: goes with --max or --min, which say what is limited");
  CHECK(
      refusal_of({"--costs", "c.csv", "--max", "macs=1"}) ==
      "--costs c.csv: no --max or --min names a column of it (params, macs, "
      "depth and features are always the network's own)");
}

TEST_CASE("budget: costs by specs in any form") {
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.write(
      "c.csv", "arch,ms,mj\n\"(1, 1, 1, 1, 1, 1)\",2.5,\n02012100,,1\n");
  Budget budget;
  budget.costs = path;
  budget.bounds = {{"ms", Bound::Side::most, 3}};
  const Costs plain(budget);
  CHECK(plain.value("(1, 1, 1, 1, 1, 1)", "ms") == 2.5);
  CHECK(std::isnan(plain.value("02012100", "ms")));
  CHECK(std::isnan(plain.value("22012100", "ms")));
  CHECK_FALSE(plain.has("22012100"));
  CHECK_THROWS_AS(plain.value("02012100", "mj"), std::out_of_range);
  budget.bounds.push_back({"watts", Bound::Side::most, 3});
  CHECK(zcp::test::user_error([&] {
          const Costs costs(budget);
        }).find("watts") != std::string::npos);
}

TEST_CASE("budget: one architecture under two names has one cost") {
  const auto& space = zcp::spaces::find_space("nats-tss");
  const std::string none = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
  const zcp::test::TemporaryFolder folder;
  Budget budget;
  budget.bounds = {{"ms", Bound::Side::most, 3}};
  budget.costs = folder.write(
      "same.csv", "arch,ms\n\"(1, 1, 1, 1, 1, 1)\",2.5\n" + none + ",2.5\n");
  CHECK(Costs(budget, &space).value(none, "ms") == 2.5);
  budget.costs = folder.write(
      "other.csv", "arch,ms\n\"(1, 1, 1, 1, 1, 1)\",2.5\n" + none + ",2\n");
  CHECK(
      zcp::test::user_error([&] { const Costs costs(budget, &space); })
          .find(
              "(1, 1, 1, 1, 1, 1) and " + none +
              " are one architecture with different costs") !=
      std::string::npos);
}

TEST_CASE("budget: a table of costs may have rows of other spaces") {
  const auto& space = zcp::spaces::find_space("nats-tss");
  const std::string none = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
  const zcp::test::TemporaryFolder folder;
  Budget budget;
  budget.bounds = {{"ms", Bound::Side::most, 3}};
  budget.costs =
      folder.write("both.csv", "arch,ms\n8:8:8:8:8,1\n" + none + ",2.5\n");
  CHECK(Costs(budget, &space).value(none, "ms") == 2.5);
  budget.costs = folder.write("other.csv", "arch,ms\n8:8:8:8:8,1\n");
  CHECK(
      zcp::test::user_error([&] { const Costs costs(budget, &space); })
          .find("other.csv: expected architectures of nats-tss: spec "
                "'8:8:8:8:8'") != std::string::npos);
}
