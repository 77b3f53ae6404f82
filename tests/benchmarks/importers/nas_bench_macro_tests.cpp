#include <cmath>

#include "tests/support/import_test.h"

using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "nas-bench-macro";

Table import_text(std::string_view text) {
  const TemporaryFolder folder;
  return import_file(kFormat, folder.write("f.json", text));
}

}  // namespace

TEST_CASE("import nas-bench-macro: a file in the official layout") {
  const Table table = import_text(
      R"({"02012100": {"test_acc": [89.5, 88.75, 89.25], "mean_acc": 89.2,
           "std": 0.3, "params": 890666, "flops": 47327744},
          "11111221": {"test_acc": [92, 92.5, 93], "mean_acc": 92.5,
           "std": 0.5, "params": 2181386, "flops": 65012224}})");
  CHECK(table.arch == std::vector<std::string>{"02012100", "11111221"});
  CHECK(
      table.columns == std::vector<std::string>{
                           "accuracy_mean",
                           "accuracy_seed0",
                           "accuracy_seed1",
                           "accuracy_seed2",
                           "macs",
                           "params"});
  CHECK(value(table, "accuracy_seed1", 0) == 88.75);
  CHECK(value(table, "macs", 1) == 65012224.0);
  CHECK(
      import_error(kFormat, "{\"a\": {\"test_acc\": [1]") ==
      "f: found no JSON (a cut file?), expected an object with entries");
  CHECK(
      import_error(kFormat, "[1]") ==
      "f: found array, expected an object with entries");
  CHECK(
      import_error(kFormat, R"({"00000000": {"test_acc": ["x"]}})") ==
      "f: '00000000': found string, expected a number");
  CHECK(
      import_error(kFormat, R"({"00000000": 1})") ==
      "f: '00000000': found no 'test_acc', expected one");
  CHECK(
      import_error(kFormat, R"({"0201210": {"test_acc": [1]}})") ==
      "f: no member of nas-bench-macro: spec '0201210': found 7 characters, "
      "expected 8 digits, like 02012100");
  CHECK(
      import_error(
          kFormat,
          R"({"02012100": {"test_acc": [1]}, "02012100": {"test_acc": [2]}})") ==
      "f: found the key '02012100' twice in an object, expected it once");
}

TEST_CASE("import nas-bench-macro: what has no place in the table is said") {
  const TemporaryFolder folder;
  const auto table = import_file(
      kFormat,
      folder.write(
          "f",
          R"({"02012100": {"test_acc": [89.5, null], "mean_acc": NaN,
               "std": 0.3, "params": 890666, "flops": 47327744, "time": 1},
              "11111221": {"test_acc": [92, 92.5], "mean_acc": 92.25,
               "params": 2181386, "flops": 65012224, "time": 2}})"));
  CHECK(std::isnan(value(table, "accuracy_seed1", 0)));
  CHECK(std::isnan(value(table, "accuracy_mean", 0)));
  CHECK(value(table, "accuracy_mean", 1) == 92.25);
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "values that are no number, left empty: 2, first accuracy_seed1 of "
          "02012100",
          "entries without a column: 2, first 'time' of 02012100"});
}
