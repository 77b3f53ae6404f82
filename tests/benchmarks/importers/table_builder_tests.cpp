// A table that grows number by number.
#include <cmath>
#include <limits>

#include "benchmarks/importers/table_builder.h"
#include "tests/support/test_files.h"

using namespace zcp::importers;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("table builder: rows as they came, columns by name, gaps empty") {
  TableBuilder builder;
  builder.put("b", "y", 1.0);
  builder.put("a", "x", 2.0);
  builder.put("b", "z", -0.0);
  const Imported table = builder.finish("s");
  CHECK(table.source == "s");
  CHECK(table.arch == std::vector<std::string>{"b", "a"});
  CHECK(table.columns == std::vector<std::string>{"x", "y", "z"});
  for (const auto& column : table.values) REQUIRE(column.size() == 2);
  CHECK(std::isnan(table.values[0][0]));
  CHECK(table.values[0][1] == 2.0);
  CHECK(table.values[1][0] == 1.0);
  CHECK(std::isnan(table.values[1][1]));
  CHECK(std::signbit(table.values[2][0]));
  CHECK(table.unused.empty());
}

TEST_CASE("table builder: what is said twice, and what contradicts itself") {
  const double infinity = std::numeric_limits<double>::infinity();
  TableBuilder builder;
  builder.put("a", "same", 1.5);
  builder.put("a", "same", 1.5);
  builder.put("a", "endless", infinity);
  builder.put("a", "endless", infinity);
  builder.put("a", "signs", infinity);
  builder.put("a", "signs", -infinity);
  builder.put("a", "two", 1.0);
  builder.put("a", "two", 2.0);
  // The first and the second are as good as each other, whatever comes third.
  builder.put("a", "two", 2.0);
  builder.put("b", "two", 3.0);
  const Imported table = builder.finish("s");
  CHECK(
      table.columns ==
      std::vector<std::string>{"endless", "same", "signs", "two"});
  CHECK(table.values[0][0] == infinity);
  CHECK(table.values[1][0] == 1.5);
  CHECK(std::isnan(table.values[2][0]));
  CHECK(std::isnan(table.values[3][0]));
  CHECK(table.values[3][1] == 3.0);
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "values that contradict each other, left empty: 2, first signs of "
          "a: inf and -inf"});
}

TEST_CASE("table builder: NaN is no number, before one and behind it") {
  TableBuilder builder;
  builder.put("a", "x", kNan);
  builder.put("a", "x", 1.0);
  builder.put("a", "x", kNan);
  builder.put("a", "empty", kNan);
  builder.unused().add("mine", "here");
  const Imported table = builder.finish("s");
  CHECK(table.columns == std::vector<std::string>{"empty", "x"});
  CHECK(std::isnan(table.values[0][0]));
  CHECK(table.values[1][0] == 1.0);
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "values that are no number, left empty: 3, first x of a",
          "mine: 1, first here"});
}
