#include <doctest/doctest.h>

#include <cmath>

#include "apps/budget.h"
#include "apps/latency/cost_table.h"
#include "benchmarks/formats/csv.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
using zcp::formats::read_text;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

/// All six edges of a cell of NATS-TSS are this operation.
std::string cell(const std::string& op) {
  return "|" + op + "~0|+|" + op + "~0|" + op + "~1|+|" + op + "~0|" + op +
         "~1|" + op + "~2|";
}

const std::string kConvolutions = cell("nor_conv_3x3");
const std::string kSkips = cell("skip_connect");
constexpr const char* kProtocol = "seconds; task x";

CostTable table_of(
    const std::string& path,
    const std::string& column,
    const std::string& protocol = kProtocol) {
  return {path, column, protocol, zcp::spaces::find_space("nats-tss")};
}

}  // namespace

TEST_CASE("cost table: whatever a file has stays as it is") {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "c.csv",
      "arch,note,big,lat\r\n" + kConvolutions +
          ",\"a, b\",12345678901234567890,1.50\r\nother,,,2\r\n");
  CostTable table = table_of(path, "cpu");
  CHECK_FALSE(table.has(kConvolutions));
  table.put(kConvolutions, 0.25);
  table.put(kSkips, 0.5);
  CHECK(table.has(kSkips));
  table.write();
  CHECK(
      read_text(path) == "# cpu: seconds; task x\narch,note,big,lat,cpu\n" +
                             kConvolutions +
                             ",\"a, b\",12345678901234567890,1.50,0.25\n"
                             "other,,,2,\n" +
                             kSkips + ",,,,0.5\n");
  CHECK(table_of(path, "cpu").has(kSkips));
}

TEST_CASE("cost table: a table that is written with commas reads back") {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "c.csv",
      "# lat: seconds; task x\narch;lat;note\n" + kConvolutions +
          ";1,5;a,b\nother;2,25;\n");
  CostTable table = table_of(path, "cpu");
  table.put(kSkips, 0.5);
  table.write();
  CHECK(
      read_text(path) ==
      "# lat: seconds; task x\n# cpu: seconds; task x\narch,lat,note,cpu\n" +
          kConvolutions + ",1.5,\"a,b\",\nother,2.25,,\n" + kSkips +
          ",,,0.5\n");
}

TEST_CASE("cost table: rows that are named by NASLib's tuples are the cells") {
  const TemporaryFolder folder;
  const std::string path =
      folder.write("c.csv", "arch,lat\n\"(2, 2, 2, 2, 2, 2)\",1.5\n");
  CostTable table = table_of(path, "cpu");
  table.put(kConvolutions, 0.25);
  table.write();
  CHECK(
      read_text(path) ==
      "# cpu: seconds; task x\narch,lat,cpu\n\"(2, 2, 2, 2, 2, "
      "2)\",1.5,0.25\n");
  CHECK(table_of(path, "cpu").has(kConvolutions));
  // What costs are read by takes it.
  Budget budget;
  budget.costs = path;
  budget.bounds = {{"cpu", Bound::Side::most, 1}};
  const Costs costs(budget, &zcp::spaces::find_space("nats-tss"));
  CHECK(costs.value(kConvolutions, "cpu") == 0.25);
}

TEST_CASE("cost table: rows of one architecture become one, or are refused") {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "c.csv",
      "arch,lat,cpu2\n\"(2, 2, 2, 2, 2, 2)\",1.5,\n" + kConvolutions +
          ",,0.25\n");
  CostTable table = table_of(path, "cpu");
  table.write();
  CHECK(
      read_text(path) ==
      "# cpu: seconds; task x\narch,lat,cpu2,cpu\n"
      "\"(2, 2, 2, 2, 2, 2)\",1.5,0.25,\n");
  const std::string other = folder.write(
      "d.csv",
      "arch,lat\n\"(2, 2, 2, 2, 2, 2)\",1.5\n" + kConvolutions + ",2\n");
  CHECK(user_error([&] { table_of(other, "cpu"); })
            .ends_with("one architecture, with different values of 'lat', "
                       "expected it once"));
}

TEST_CASE("cost table: two that grow at once keep both columns") {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "c.csv";
  CostTable one = table_of(path, "one");
  CostTable two = table_of(path, "two");
  CostTable again = table_of(path, "one");
  one.put(kConvolutions, 1);
  two.put(kConvolutions, 2);
  two.put(kSkips, 3);
  again.put(kConvolutions, 4);
  again.put(kSkips, 5);
  one.write();
  two.write();
  again.write();
  // What is there already stays.
  CHECK(
      read_text(path) ==
      "# one: seconds; task x\n# two: seconds; task x\narch,one,two\n" +
          kConvolutions + ",1,2\n" + kSkips + ",5,3\n");
}

TEST_CASE("cost table: a column that was measured otherwise is refused") {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "c.csv",
      "# x: y: seconds; task x\n# x: seconds; task x\narch,\"x: y\",x,note\n" +
          kSkips + ",1,NA,word\n");
  CHECK_FALSE(table_of(path, "x").has(kSkips));
  CHECK(table_of(path, "x: y").has(kSkips));
  CHECK(
      user_error([&] { table_of(path, "x", "seconds; task y"); }) ==
      path +
          ": its column x was measured as 'seconds; task x', now 'seconds; "
          "task y'; expected the same, or another --name");
  CHECK(
      user_error([&] { table_of(path, "note"); }) ==
      path +
          ": line 4: column 'note': found 'word', expected a number or an "
          "empty field");
}

TEST_CASE("cost table: names that no table could be read with") {
  for (const char* good : {"cpu_fp32_b1_t1", "x: y", "GTX 1080, fp16"}) {
    CHECK_NOTHROW(check_cost_name(good));
  }
  for (const char* bad :
       {"",
        "arch",
        "x\ny",
        " x",
        "x ",
        "\tx",
        "index",
        "Unnamed: 0",
        "params"}) {
    CAPTURE(bad);
    CHECK(user_error([&] { check_cost_name(bad); }).starts_with("--name '"));
  }
}
