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

TEST_CASE("monotonicity: a proxy device has a rho with every other") {
  const double none = std::nan("");
  std::vector<double> up;
  std::vector<double> few;
  for (int i = 0; i < 12; ++i) {
    up.push_back(i);
    few.push_back(i < 9 ? i : none);
  }
  tables::Table table{"t", {}, {"x", "y", "few"}, {up, up, few}};
  table.arch.resize(12);
  // Nine rows are too few for a rho.
  const Monotonicity without = monotonicity(table);
  CHECK_FALSE(without.proxy.has_value());
  CHECK(std::isnan(without.least[0]));
  CHECK(std::isnan(without.mean[2]));
  // Of x, y and z: rho(x, y) = 1; swapped ends give z a rho of
  // 1 - 6 * 2 * 11^2 / (12 * 143) = 2/13 with both.
  table.columns[2] = "z";
  table.values[2] = up;
  std::swap(table.values[2].front(), table.values[2].back());
  const Monotonicity known = monotonicity(table);
  REQUIRE(known.proxy.has_value());
  CHECK_EQ(known.least[0], doctest::Approx(2.0 / 13).epsilon(1e-12));
  CHECK_EQ(known.mean[0], doctest::Approx(7.5 / 13).epsilon(1e-12));
  CHECK_EQ(known.mean[2], doctest::Approx(2.0 / 13).epsilon(1e-12));
}

TEST_CASE("transfer: the order of a table's rows does not matter") {
  // Both twins of the proxy device's front may be chosen; one of them is cheap
  // enough for both budgets of the target, whose twins are one point.
  const std::vector<double> value{90, 90, 91, 80, 90};
  const std::vector<double> proxy{1, 1, 2, 5, 9};
  const std::vector<double> target{7, 3, 9, 1, 3};
  const auto at = [](const std::vector<double>& of, const auto& order) {
    std::vector<double> rows;
    for (const std::size_t row : order) rows.push_back(of[row]);
    return rows;
  };
  std::vector<std::size_t> order{0, 1, 2, 3, 4};
  int orders = 0;
  do {
    const Transfer found =
        transfer(at(value, order), at(proxy, order), at(target, order));
    CHECK_EQ(found.proxy_front, 2);
    CHECK_EQ(found.target_front, 3);
    CHECK_EQ(found.common, 2);
    CHECK_EQ(found.without, 1);
    CHECK_EQ(found.mean_loss, 0);
    CHECK_EQ(found.most_loss, 0);
    ++orders;
  } while (std::ranges::next_permutation(order).found);
  CHECK_EQ(orders, 120);
}

TEST_CASE("transfer: costs in whole steps, whatever the order") {
  const auto costs_file = test::shared("data/hw_nas_bench_cifar10.csv");
  const auto accuracies = test::shared("data/nats_tss_accuracy.csv");
  if (test::absent(costs_file) || test::absent(accuracies)) return;
  const tables::Table costs =
      measurements(tables::read_table(costs_file), NonPositive::missing);
  const tables::Table truth = tables::read_table(accuracies);
  auto value = study::truth_by_score(
      costs,
      truth,
      study::join(costs, truth),
      study::require_column(truth, "cifar10_test", "metric"));
  auto fpga = costs.values[study::require_column(costs, "fpga_latency", "")];
  auto gpu = costs.values[study::require_column(costs, "edgegpu_latency", "")];
  for (const bool reversed : {false, true}) {
    CAPTURE(reversed);
    if (reversed) {
      for (auto* column : {&value, &fpga, &gpu}) std::ranges::reverse(*column);
    }
    // By a sweep in Python over the two files.
    const Transfer found = transfer(value, fpga, gpu);
    CHECK_EQ(found.proxy_front, 13);
    CHECK_EQ(found.target_front, 28);
    CHECK_EQ(found.common, 2);
    CHECK_EQ(found.without, 12);
    CHECK_LT(std::abs(found.mean_loss - 1.8383), 1e-4);
    CHECK_LT(std::abs(found.most_loss - 4.005), 1e-6);
  }
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
