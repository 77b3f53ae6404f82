// What a report collects.
#include <doctest/doctest.h>

#include <string>

#include "analysis/report/report.h"
#include "tests/support/make_report.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::report;
using namespace zcp::test;

TEST_CASE("a report has the joined architectures and all columns") {
  Material material = sample_material(60);
  material.scores.arch[0] = "of the scores alone";
  material.truth.arch[1] = "of the truth alone";
  const Report report = make(material);
  CHECK(report.arch.size() == 58);
  REQUIRE(!report.study.notes.empty());
  CHECK(
      report.study.notes.back().find("cover 58 of the truth's 60") !=
      std::string::npos);
  CHECK(report.arch.front() == "arch2");
  std::vector<std::string> names;
  for (const ReportColumn& column : report.columns) {
    names.push_back(column.name);
    CHECK(column.values.size() == 58);
    CHECK(column.score == (names.size() <= 4));
    CHECK(column.cost == (column.name == "params" || column.name == "latency"));
  }
  CHECK(
      names ==
      std::vector<std::string>{
          "params", "good", "random", "flat", "accuracy", "second", "latency"});
  CHECK(report.columns[0].values[3] == material.scores.values[0][5]);
  CHECK(report.columns[6].values[3] == material.truth.values[2][5]);
}

TEST_CASE("the proxies asked for come first, then the baseline and costs") {
  Material material = sample_material(200);
  material.options.study.proxies = {"good"};
  material.options.costs = {"random", "latency"};
  const Report report = make(material);
  std::vector<std::string> scores;
  for (const ReportColumn& column : report.columns) {
    if (column.score) scores.push_back(column.name);
    CHECK(column.cost == (column.name == "random" || column.name == "latency"));
  }
  CHECK(scores == std::vector<std::string>{"good", "params", "random"});
  REQUIRE(report.study.rows.size() == 2 * 3 * 2);
  CHECK(report.study.rows[0].proxy == "good");
  CHECK(report.study.rows[1].proxy == "params");
}

TEST_CASE("names of costs are recognised") {
  for (const char* name :
       {"params",
        "params_cifar10",
        "MACs",
        "flops",
        "pixel3_latency",
        "energy_mJ"}) {
    CHECK(is_cost(name));
  }
  for (const char* name : {"accuracy", "zico", "cifar10_test"}) {
    CHECK_FALSE(is_cost(name));
  }
}

TEST_CASE("a cost that is no column is refused") {
  Material material = sample_material(20);
  material.options.costs = {"latncy"};
  const std::string text = user_error([&] { make(material); });
  CHECK(text.find("--cost latncy") != std::string::npos);
  CHECK(text.find("did you mean latency?") != std::string::npos);
}

TEST_CASE("a store brings its protocol, runs and reasons, a table none") {
  const Origin store = read_origin(golden("store_v1.sqlite"));
  CHECK(store.store);
  CHECK(store.protocol.at("task") == "cifar10");
  REQUIRE(store.runs.size() == 1);
  CHECK(store.runs.front().provenance.version == "0.1.0");
  REQUIRE(store.reasons.size() == 2);
  CHECK(store.reasons[0].proxy == "params");
  CHECK(store.reasons[0].status == "failed");
  CHECK(store.reasons[1].reason == "no gradient reaches a layer");
  CHECK(store.reasons[1].count == 1);
  const TemporaryFolder folder;
  const Origin table = read_origin(folder.write("s.csv", "arch,p\na,1\n"));
  CHECK_FALSE(table.store);
  CHECK(table.protocol.empty());
  CHECK_FALSE(read_origin("-").store);
}
