#include <cmath>

#include "tests/support/import_test.h"

using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "nas-bench-suite-zero";

Table import_text(std::string_view text) {
  const TemporaryFolder folder;
  return import_file(kFormat, folder.write("f.json", text));
}

}  // namespace

TEST_CASE("import nas-bench-suite-zero: scores under NATS-TSS specs") {
  const Table table = import_text(
      R"-({"ImageNet16-120": {"(0, 2, 3, 2, 4, 1)": {
           "idx": "5", "val_accuracy": 40.5,
           "synflow": {"score": 41.5, "time": 0.4},
           "snip": {"score": NaN}, "NaN \" x": {"score": -Infinity}}}})-");
  CHECK(
      table.arch == std::vector<std::string>{
                        "|skip_connect~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
                        "|nor_conv_1x1~0|avg_pool_3x3~1|none~2|"});
  CHECK(value(table, "imagenet16_120_synflow", 0) == 41.5);
  CHECK(value(table, "imagenet16_120_valid", 0) == 40.5);
  CHECK(std::isnan(value(table, "imagenet16_120_snip", 0)));
  CHECK(value(table, "imagenet16_120_NaN \" x", 0) == -HUGE_VAL);
  const std::string error =
      import_error(kFormat, R"-({"cifar10": {"(0, 2, 9)": {}}})-");
  CHECK(
      error.find("found the architecture '(0, 2, 9)', expected one such as") !=
      std::string::npos);
}

TEST_CASE(
    "import nas-bench-suite-zero: params and accuracies are those of the "
    "specs") {
  const auto path = shared("data/nas_bench_suite_zero_nb201.json");
  const auto truth_path = shared("data/nats_tss_accuracy.csv");
  if (absent(path) || absent(truth_path)) return;
  const Table table = import_file(kFormat, path);
  const Table truth = read_table(truth_path);
  REQUIRE(table.arch.size() == 725);
  std::size_t near = 0;
  for (std::size_t row = 0; row < table.arch.size(); ++row) {
    const auto index = static_cast<std::size_t>(
        std::ranges::find(truth.arch, table.arch[row]) - truth.arch.begin());
    REQUIRE(index < truth.arch.size());
    CHECK(
        std::round(value(table, "cifar10_params", row) * 1e6) ==
        value(truth, "params_cifar10", index));
    const double difference = value(table, "cifar10_valid", row) -
                              value(truth, "cifar10_valid", index);
    if (std::abs(difference) < 1.0) ++near;
  }
  CHECK(near > 700);
}
