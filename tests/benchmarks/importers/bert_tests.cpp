#include <numeric>

#include "tests/support/import_test.h"

using namespace zcp;
using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "bert";

std::string entry(const std::string& heads, const std::string& glue) {
  const std::string layer =
      R"({"operation_type": "DSC", "operation_parameter": 5,
          "num_operation_heads": )" +
      heads + R"(, "feed_forward_dimension": 512, "num_feed_forward": 3})";
  return R"({"id": 0, "scores": {"cola": 1.5, "glue": )" + glue +
         R"(}, "hidden_size": 128, "encoder_layers": [)" + layer + ", " +
         layer + "]}";
}

}  // namespace

TEST_CASE("import bert: a row a configuration, the mean of its trainings") {
  const TemporaryFolder folder;
  const Table table = import_file(
      kFormat,
      folder.write(
          "f.json",
          "[" + entry("2", "60") + "," + entry("4", "62") + "," +
              entry("2", "61") + "]"));
  CHECK(
      table.arch == std::vector<std::string>{
                        "h128/DSC-5-2-512-3/DSC-5-2-512-3",
                        "h128/DSC-5-4-512-3/DSC-5-4-512-3"});
  CHECK(value(table, "glue", 0) == 60.5);
  CHECK(value(table, "runs", 0) == 2);
  CHECK(value(table, "glue", 1) == 62);
  CHECK(value(table, "cola", 1) == 1.5);
  // The tables are 3973888 wherever nothing is projected.
  CHECK(value(table, "params_configured", 0) > 3973888);
  CHECK(
      value(table, "params_published", 0) > value(table, "params_trained", 0));
}

TEST_CASE("import bert: files that are none") {
  CHECK(
      import_error(kFormat, "{}") ==
      "f: found object, expected a list with entries");
  CHECK(
      import_error(kFormat, "[1]") ==
      "f: [0]: found no 'hidden_size', expected one");
  CHECK(import_error(kFormat, "[" + entry("3", "60") + "]")
            .starts_with("f: [0]: no member of flexibert: spec "
                         "'h128/DSC-5-3-512-3/DSC-5-3-512-3': layer 1 is"));
  CHECK(
      import_error(kFormat, "[" + entry("2", "\"x\"") + "]") ==
      "f: [0]: glue: found string, expected a number");
}

TEST_CASE("import bert: the whole file") {
  const auto path = shared("data/bert_glue_500.json");
  if (absent(path)) return;
  const Table table = import_file(kFormat, path);
  CHECK(table.arch.size() == 491);
  double runs = 0;
  for (std::size_t i = 0; i < 491; ++i) runs += value(table, "runs", i);
  CHECK(runs == 500);
  CHECK(value(table, "glue", 0) == 74.73375);
  CHECK(value(table, "params_published", 0) == 13330176);
  CHECK(value(table, "params_configured", 0) == 9657088);
  CHECK(value(table, "params_trained", 0) == 10576896);
}
