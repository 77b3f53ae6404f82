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
      import_error(kFormat, R"({"a": {"test_acc": ["x"]}})") ==
      "f: 'a': found string, expected a number");
  CHECK(
      import_error(kFormat, R"({"a": 1})") ==
      "f: 'a': found no 'test_acc', expected one");
}
