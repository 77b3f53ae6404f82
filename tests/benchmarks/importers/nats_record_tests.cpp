#include <cmath>

#include "benchmarks/importers/nats_record.h"
#include "tests/support/make_nats.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::importers;
using namespace zcp::test;

TEST_CASE("nats record: accuracies after the last epoch, means, costs") {
  const NatsRecord record = parse_nats_record(
      nats_record(
          7,
          "|none~0|",
          {nats_run("cifar10", 777, 200, "ori-test", 91.0),
           nats_run("cifar10", 888, 200, "ori-test", 92.0)}),
      "r");
  CHECK(record.index == 7);
  CHECK(record.arch == "|none~0|");
  // A column a seed, and seed 0: their mean.
  REQUIRE(record.accuracy.size() == 3);
  const std::size_t set = record.accuracy.begin()->first.set;
  CHECK(record.accuracy.at({set, 200, 0}) == 91.5);
  CHECK(record.accuracy.at({set, 200, 777}) == 91.0);
  CHECK(record.accuracy.at({set, 200, 888}) == 92.0);
  // 0.802426 and 113.95137 millions.
  CHECK(record.costs.size() == 2);
  CHECK(record.costs.at("params_cifar10") == 802426.0);
  CHECK(record.costs.at("macs_cifar10") == 113951370.0);
}

TEST_CASE("nats record: rows and columns that come late are empty before") {
  NatsColumns columns;
  const auto record = [](int index, const char* arch, int seed) {
    return parse_nats_record(
        nats_record(
            index, arch, {nats_run("cifar10", seed, 12, "ori-test", 50.0)}),
        "r");
  };
  columns.put(2, record(5, "c", 888));
  columns.put(0, record(1, "a", 777));
  const zcp::tables::Table table = columns.finish("s");
  CHECK(table.source == "s");
  CHECK(table.arch == std::vector<std::string>{"a", "", "c"});
  CHECK(
      table.columns == std::vector<std::string>{
                           "index",
                           "macs_cifar10",
                           "params_cifar10",
                           "cifar10_test_12",
                           "cifar10_test_12_seed777",
                           "cifar10_test_12_seed888"});
  for (const auto& column : table.values) REQUIRE(column.size() == 3);
  CHECK(table.values[0][0] == 1.0);
  CHECK(std::isnan(table.values[0][1]));
  CHECK(table.values[0][2] == 5.0);
  CHECK(table.values[4][0] == 50.0);
  CHECK(std::isnan(table.values[4][2]));
  CHECK(std::isnan(table.values[5][0]));
  CHECK(table.values[5][2] == 50.0);
}

TEST_CASE("nats record: what it must not be") {
  CHECK(user_error([] {
          parse_nats_record(whole(pickled_list({})), "r");
        }) == "r: found a list, expected a dict of training settings");
  CHECK(user_error([] {
          parse_nats_record(
              whole(pickled_dict({pickled("200"), pickled_dict({})})), "r");
        }) == "r: found a dict, expected one with the key 'arch_index'");
}

TEST_CASE("nats record: runs that contradict each other") {
  const auto run = [](int seed, double accuracy, double macs) {
    std::string bytes = nats_run("cifar10", seed, 12, "ori-test", accuracy);
    const std::string own = pickled(113.95137);
    return bytes.replace(bytes.find(own), own.size(), pickled(macs));
  };
  // One seed twice, with two accuracies: neither it nor the mean is known.
  const NatsRecord record = parse_nats_record(
      nats_record(7, "a", {run(777, 50, 1), run(888, 60, 1), run(777, 51, 2)}),
      "r");
  const std::size_t set = record.accuracy.begin()->first.set;
  CHECK(std::isnan(record.accuracy.at({set, 12, 777})));
  CHECK(record.accuracy.at({set, 12, 888}) == 60.0);
  CHECK(std::isnan(record.accuracy.at({set, 12, 0})));
  CHECK(std::isnan(record.costs.at("macs_cifar10")));
  CHECK(record.costs.at("params_cifar10") == 802426.0);
  CHECK(
      record.unused.lines() ==
      std::vector<std::string>{
          "values that contradict each other, left empty: 2, first "
          "cifar10_test_12_seed777 of a: 50 and 51"});
}

TEST_CASE("nats record: settings of two architectures") {
  const auto setting = [](int index, const char* arch) {
    return pickled_dict(
        {pickled("arch_index"),
         pickled(index),
         pickled("arch_str"),
         pickled(arch),
         pickled("all_results"),
         pickled_dict({})});
  };
  const auto record = [&](int index, const char* arch) {
    return whole(pickled_dict(
        {pickled("12"),
         setting(7, "a"),
         pickled("200"),
         setting(index, arch)}));
  };
  CHECK(parse_nats_record(record(7, "a"), "r").index == 7);
  CHECK(
      user_error([&] { parse_nats_record(record(7, "b"), "r"); }) ==
      "r: found a dict, expected architecture 7 'a' as in the setting "
      "before it, not 7 'b'");
  CHECK_FALSE(
      user_error([&] { parse_nats_record(record(8, "a"), "r"); }).empty());
}
