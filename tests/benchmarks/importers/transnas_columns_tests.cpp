// The table of TransNAS-Bench-101 under way.
#include <cmath>
#include <limits>

#include "benchmarks/importers/transnas_columns.h"
#include "tests/support/import_test.h"

using namespace zcp::importers;
using namespace zcp::test;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("transnas columns: seven of each of seven tasks") {
  TransnasColumns columns("s");
  CHECK(columns.rows() == 0);
  // Before the first row there is nothing that a number could belong to.
  CHECK_FALSE(columns.find_task("jigsaw").has_value());
  columns.add_row("64-1234-basic");
  CHECK(columns.rows() == 1);
  const auto task = columns.find_task("jigsaw");
  REQUIRE(task.has_value());
  CHECK(*task == 3);
  CHECK(TransnasColumns::find_metric(*task, "test_top1") == 21);
  CHECK(TransnasColumns::find_metric(*task, "valid_top1") == 23);
  for (const char* other :
       {"train_top1", "test_top5", "test_loss", "top1", "_top1", ""}) {
    CHECK_FALSE(TransnasColumns::find_metric(*task, other).has_value());
  }
  columns.add_epoch(21, 50.0);
  const Imported table = columns.finish();
  REQUIRE(table.columns.size() == 49);
  CHECK(table.columns[21] == "jigsaw_test");
  CHECK(table.columns[22] == "jigsaw_test_best");
  CHECK(table.columns[23] == "jigsaw_valid");
  CHECK(table.columns[48] == "autoencoder_inference_seconds");
}

TEST_CASE("transnas columns: the last epoch and the best of all") {
  TransnasColumns columns("s");
  columns.add_row("64-1234-basic");
  for (const double value : {-2.0, -1.0, -1.5}) columns.add_epoch(0, value);
  columns.add_epoch(2, -kInfinity);
  columns.add_row("64-41414-1_02_333");
  columns.add_epoch(0, 7.0);
  const Imported table = columns.finish();
  CHECK(table.arch.size() == 2);
  CHECK(value(table, "class_scene_test", 0) == -1.5);
  CHECK(value(table, "class_scene_test_best", 0) == -1.0);
  CHECK(value(table, "class_scene_valid", 0) == -kInfinity);
  CHECK(std::isnan(value(table, "class_scene_valid", 1)));
  CHECK(value(table, "class_scene_test", 1) == 7.0);
  CHECK(table.unused.empty());
}

TEST_CASE("transnas columns: costs, and those that contradict each other") {
  TransnasColumns columns("s");
  columns.add_row("64-1234-basic");
  columns.add_epoch(0, 1.0);
  columns.put_info(0, "model_params", 3.0);
  columns.put_info(0, "model_params", 3.0);
  columns.put_info(0, "model_FLOPs", 5.0);
  columns.put_info(0, "model_FLOPs", 6.0);
  columns.put_info(1, "inference_time", 0.5);
  columns.put_info(1, "encoder", 1.0);  // no column
  CHECK_FALSE(columns.find_task("mine").has_value());
  const Imported table = columns.finish();
  CHECK(value(table, "class_scene_params", 0) == 3.0);
  CHECK(std::isnan(value(table, "class_scene_macs", 0)));
  CHECK(value(table, "class_object_inference_seconds", 0) == 0.5);
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "values that contradict each other, left empty: 1, first "
          "class_scene_macs of 64-1234-basic: 5 and 6",
          "results of tasks that are not known: 1, first 'mine' of "
          "64-1234-basic"});
}

TEST_CASE("transnas columns: what is refused") {
  TransnasColumns columns("s");
  columns.add_row("64-1234-basic");
  CHECK(
      user_error([&] { columns.add_row("64-1234-basic"); }) ==
      "s: found the architecture '64-1234-basic' twice, expected it once");
  CHECK(user_error([&] {
          columns.add_row("64-41414-1_02_334");
        }).starts_with("s: no member of transnas-micro: "));
  CHECK(user_error([&] {
          columns.add_row("64-9234-basic");
        }).starts_with("s: no member of transnas-macro: "));
  // A table without any number is of another file.
  CHECK(user_error([&] {
          columns.finish();
        }).starts_with("s: found no metric of an architecture"));
}
