#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/hardware/monotonicity.h"
#include "analysis/study/join.h"
#include "benchmarks/tables/table.h"
#include "common/error.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::hardware;

namespace {

std::size_t place(const Monotonicity& found, const std::string& device) {
  const auto at = std::ranges::find(found.devices, device);
  REQUIRE(at != found.devices.end());
  return static_cast<std::size_t>(at - found.devices.begin());
}

}  // namespace

TEST_CASE("monotonicity: Spearman between devices as SciPy has it") {
  const auto file = test::shared("data/device_latency_1999.csv");
  if (test::absent(file)) return;
  // SYSTEMS.md, section 5.2; there -1 stays in.
  const Monotonicity found =
      monotonicity(measurements(tables::read_table(file), NonPositive::keep));
  const std::vector<std::string> columns{
      "eagle_cpu_855",
      "eagle_dsp_855",
      "eagle_gpu_855",
      "eagle_gtx",
      "eagle_jetson",
      "eagle_jetson_16",
      "eagle_tpu",
      "rice_edgegpu",
      "rice_edgetpu",
      "rice_eyeriss",
      "rice_fpga",
      "rice_pixel3",
      "rice_raspi4",
      "true_630",
      "true_640",
      "true_a76",
      "true_vpu"};
  const std::map<std::string, std::vector<double>> rows{
      {"rice_pixel3",
       {.729,
        .598,
        .872,
        .686,
        .648,
        .323,
        .542,
        .496,
        .556,
        .809,
        .872,
        1,
        .921,
        .882,
        .881,
        .889,
        .611}},
      {"rice_edgegpu",
       {.748,
        .757,
        .552,
        .442,
        .750,
        .630,
        .564,
        1,
        .639,
        .503,
        .604,
        .496,
        .558,
        .583,
        .581,
        .512,
        .758}},
      {"true_vpu",
       {.889,
        .891,
        .741,
        .691,
        .850,
        .800,
        .846,
        .758,
        .876,
        .679,
        .672,
        .611,
        .659,
        .761,
        .761,
        .742,
        1}},
      {"eagle_jetson_16",
       {.728,
        .781,
        .464,
        .549,
        .726,
        1,
        .784,
        .630,
        .721,
        .448,
        .418,
        .323,
        .369,
        .477,
        .479,
        .456,
        .800}}};
  for (const auto& [device, values] : rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      CAPTURE(device);
      CAPTURE(columns[i]);
      const double rho =
          found.rho[place(found, device)][place(found, columns[i])];
      CHECK_LT(std::abs(rho - values[i]), 1e-3);
    }
  }
  CHECK_EQ(
      found.rho[place(found, "true_vpu")][place(found, "eagle_gtx")],
      doctest::Approx(0.690526859861756).epsilon(1e-12));
  // The same device measured twice.
  CHECK_EQ(
      found.cluster[place(found, "eagle_gtx")],
      found.cluster[place(found, "eagle_i7")]);
}

TEST_CASE("monotonicity: -1 is missing, never fast") {
  const tables::Table table{
      "t", {"a", "b", "c"}, {"x", "y"}, {{1, -1, 0}, {1, 2, 3}}};
  const tables::Table kept = measurements(table, NonPositive::missing);
  CHECK_EQ(kept.values[0][0], 1);
  CHECK(std::isnan(kept.values[0][1]));
  CHECK(std::isnan(kept.values[0][2]));
  // Over fewer than ten rows nothing is said.
  CHECK(std::isnan(monotonicity(kept).rho[0][1]));
  CHECK_THROWS_AS(monotonicity({"t", {"a"}, {"x"}, {{1}}}), UserError);
}

TEST_CASE("transfer: accuracy lost with another device's costs") {
  const auto latencies = test::shared("data/device_latency_1999.csv");
  const auto accuracies = test::shared("data/nats_tss_accuracy.csv");
  if (test::absent(latencies) || test::absent(accuracies)) return;
  const tables::Table costs = tables::read_table(latencies);
  const tables::Table truth = tables::read_table(accuracies);
  const auto& test =
      truth.values[study::require_column(truth, "cifar10_test", "metric")];
  std::vector<double> value(costs.arch.size(), std::nan(""));
  for (const auto& row : study::join(costs, truth)) {
    value[row.score_row] = test[row.truth_row];
  }
  struct Case {
    const char* proxy;
    const char* target;
    std::size_t proxy_front;
    std::size_t target_front;
    std::size_t common;
    std::size_t without;
    double mean;
    double most;
  };
  // SYSTEMS.md, section 5.4.
  const Case cases[] = {
      {"true_630", "true_640", 21, 22, 12, 1, .03, .19},
      {"rice_pixel3", "rice_raspi4", 14, 18, 5, 2, .09, .28},
      {"rice_pixel3", "rice_eyeriss", 14, 12, 6, 0, .06, .30},
      {"true_vpu", "eagle_gtx", 16, 18, 4, 4, .15, .53},
      {"rice_pixel3", "rice_edgegpu", 14, 16, 2, 7, .11, .28},
      {"rice_pixel3", "eagle_jetson_16", 14, 9, 1, 6, .51, .86}};
  for (const Case& each : cases) {
    CAPTURE(each.proxy);
    CAPTURE(each.target);
    const Transfer loss = transfer(
        value,
        costs.values[study::require_column(costs, each.proxy, "proxy")],
        costs.values[study::require_column(costs, each.target, "target")]);
    CHECK_EQ(loss.proxy_front, each.proxy_front);
    CHECK_EQ(loss.target_front, each.target_front);
    CHECK_EQ(loss.common, each.common);
    CHECK_EQ(loss.without, each.without);
    CHECK_LT(std::abs(loss.mean_loss - each.mean), 0.006);
    CHECK_LT(std::abs(loss.most_loss - each.most), 0.006);
  }
}
