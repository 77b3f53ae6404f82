#include <stdexcept>

#include "analysis/study/ceiling.h"
#include "analysis/study/study.h"
#include "tests/support/vectors.h"

using namespace zcp::study;
using namespace zcp::test;
using Names = std::vector<std::string>;

TEST_CASE("seed columns go by their names") {
  const Names columns{
      "acc_seed0", "acc_seed12", "acc_mean", "acc", "other_seed1", "acc_seedx"};
  const Names runs{"acc_seed0", "acc_seed12"};
  for (const char* metric : {"acc", "acc_mean", "acc_seed0", "acc_seed5"}) {
    CHECK(seed_columns(columns, metric) == runs);
  }
  CHECK(seed_columns(columns, "other").empty());  // a single run
  CHECK(seed_columns(columns, "ac").empty());
  CHECK(seed_columns(Names{"_seed1", "_seed2"}, "_mean").empty());
}

TEST_CASE("the ceiling is SciPy's tau and rho over pairs of runs") {
  for (const auto& expected : study_vectors()["ceilings"]) {
    const std::vector<Vector> runs = columns(expected["runs"]);
    Ceiling ceiling = noise_ceiling(runs, 200, 1);
    CHECK(ceiling.n == expected["n"].get<std::size_t>());
    CHECK(agree(ceiling.tau, expected["tau"]));
    CHECK(agree(ceiling.rho, expected["rho"]));
    CHECK(ceiling.tau_interval.low < ceiling.tau);
    CHECK(ceiling.tau_interval.high > ceiling.tau);
    CHECK(ceiling.rho_interval.low < ceiling.rho);
    CHECK(std::isnan(ceiling.run_tau));
    add_run_as_proxy(runs, {}, ceiling);
    CHECK(agree(ceiling.run_tau, expected["all"]["run_tau"]));
    CHECK(agree(ceiling.run_rho, expected["all"]["run_rho"]));
    add_run_as_proxy(runs, 0.3, ceiling);
    CHECK(agree(ceiling.run_tau, expected["top"]["run_tau"]));
    CHECK(agree(ceiling.run_rho, expected["top"]["run_rho"]));
  }
}

TEST_CASE("no ceiling from a single run or a single row") {
  const double nan = number(nullptr);
  const std::vector<Vector> one{{1, 2, 3}};
  CHECK(std::isnan(noise_ceiling(one, 10, 0).tau));
  const std::vector<Vector> apart{{1, nan, 3}, {1, 2, nan}};
  const Ceiling ceiling = noise_ceiling(apart, 10, 0);
  CHECK(ceiling.n == 1);
  CHECK(std::isnan(ceiling.tau));
  CHECK(std::isnan(ceiling.tau_interval.low));
  const std::vector<Vector> uneven{{1, 2}, {1}};
  CHECK_THROWS_AS(noise_ceiling(uneven, 0, 0), std::invalid_argument);
  const std::vector<Vector> two{{1, 2, 3}, {1, 3, 2}};
  CHECK(std::isnan(noise_ceiling(two, 0, 0).tau_interval.low));
  CHECK(agree(noise_ceiling(two, 0, 0).tau, 1.0 / 3));
}

TEST_CASE("NAS-Bench-Macro: the ceiling of a study, all and among the best") {
  const auto expected = study_vectors()["macro_ceilings"];
  const auto path = shared("data/nas_bench_macro.csv");
  if (other_file(path, expected)) return;
  const auto table = zcp::tables::read_table(path);
  StudyOptions options;
  options.metrics = {"accuracy_mean"};
  options.proxies = {"params"};
  options.top = {0.1, 0.05};
  options.draws = 0;
  const Study study = run_study(table, table, options);
  REQUIRE(study.ceilings.size() == 3);
  for (const Ceiling& ceiling : study.ceilings) {
    const std::string& subset = ceiling.subset;
    const auto& figures = expected[subset == "all" ? "1" : subset.substr(4)];
    CAPTURE(subset);
    CHECK(ceiling.n == figures["n"].get<std::size_t>());
    CHECK(agree(ceiling.tau, figures["tau"]));
    CHECK(agree(ceiling.rho, figures["rho"]));
    CHECK(agree(ceiling.run_tau, figures["run_tau"]));
    CHECK(agree(ceiling.run_rho, figures["run_rho"]));
  }
}
