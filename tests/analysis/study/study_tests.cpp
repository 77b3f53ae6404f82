#include <cmath>
#include <limits>

#include "analysis/study/study.h"
#include "common/error.h"
#include "common/random.h"
#include "tests/support/test_files.h"

using namespace zcp::statistics;
using namespace zcp::study;
using zcp::tables::Table;
using Column = std::vector<double>;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// `size` architectures: an accuracy, #params that tell a little of it, a good
/// proxy without a score for every tenth, a constant.
struct Tables {
  Table scores;
  Table truth;
};

Tables sample_tables(std::size_t size) {
  std::vector<float> noise(3 * size);
  zcp::fill_normal(noise, 1.0F, 11);
  Column accuracy(size);
  Column params(size);
  Column good(size);
  std::vector<std::string> arch(size);
  for (std::size_t i = 0; i < size; ++i) {
    arch[i] = "arch" + std::to_string(i);
    accuracy[i] = noise[i];
    params[i] = std::round(noise[i] + 2 * noise[size + i]);
    good[i] = i % 10 == 0 ? kNan : noise[i] + 0.3 * noise[2 * size + i];
  }
  Tables tables;
  tables.scores = {
      "scores.csv",
      arch,
      {"params", "good", "flat"},
      {params, good, Column(size, 1.0)}};
  tables.truth = {"truth.csv", arch, {"accuracy"}, {accuracy}};
  return tables;
}

StudyOptions sample_options() {
  StudyOptions options;
  options.metrics = {"accuracy"};
  options.draws = 64;
  return options;
}

Column infinite(Column values) {
  for (double& value : values) {
    if (std::isnan(value)) value = -std::numeric_limits<double>::infinity();
  }
  return values;
}

std::string
error_of(const Table& scores, const Table& truth, const StudyOptions& options) {
  try {
    run_study(scores, truth, options);
  } catch (const zcp::UserError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a study has a row a proxy, metric and subset") {
  const Tables tables = sample_tables(200);
  StudyOptions options = sample_options();
  options.top = {0.5, 0.1};
  const Study study = run_study(tables.scores, tables.truth, options);
  REQUIRE(study.rows.size() == 9);
  CHECK(study.rows[0].proxy == "params");
  CHECK(study.rows[0].subset == "all");
  CHECK(study.rows[0].n == 200);
  CHECK(study.rows[4].subset == "top 0.5");
  CHECK(study.rows[4].n == 100);
  CHECK(study.rows[8].subset == "top 0.1");
  CHECK(study.rows[8].n == 20);
  const Column& params = tables.scores.values[0];
  const Column& truth = tables.truth.values[0];
  CHECK(study.rows[0].kendall.value == kendall_tau_b(params, truth));
  CHECK(study.rows[0].spearman.value == spearman_rho(params, truth));
  CHECK(study.rows[0].pearson.value == pearson_r(params, truth));
  CHECK(study.rows[0].weighted_tau == weighted_tau(params, truth));
  CHECK(study.summary.joined == 200);
  CHECK(study.notes.empty());
}

TEST_CASE("missing scores rank last, or are dropped, and are counted") {
  const Tables tables = sample_tables(200);
  StudyOptions options = sample_options();
  const Column& good = tables.scores.values[1];
  const Column& truth = tables.truth.values[0];
  const StudyRow last = run_study(tables.scores, tables.truth, options).rows[1];
  CHECK(last.n == 200);
  CHECK(last.missing == 20);
  CHECK(last.kendall.value == kendall_tau_b(infinite(good), truth));
  options.missing = Missing::drop;
  const StudyRow drop = run_study(tables.scores, tables.truth, options).rows[1];
  CHECK(drop.n == 180);
  CHECK(drop.missing == 20);
  Column seen;
  Column seen_truth;
  Column seen_params;
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (std::isnan(good[i])) continue;
    seen.push_back(good[i]);
    seen_truth.push_back(truth[i]);
    seen_params.push_back(tables.scores.values[0][i]);
  }
  CHECK(drop.kendall.value == kendall_tau_b(seen, seen_truth));
  CHECK(drop.pearson.value == pearson_r(seen, seen_truth));
  CHECK(last.pearson.value == drop.pearson.value);
  // The baseline is held against a proxy where the proxy has scores.
  const double baseline = kendall_tau_b(seen_params, seen_truth);
  CHECK(drop.tau_minus_baseline == drop.kendall.value - baseline);
}

TEST_CASE("intervals: around the value, paired, gone without draws") {
  const Tables tables = sample_tables(300);
  StudyOptions options = sample_options();
  options.draws = 500;
  for (const auto method : {IntervalMethod::percentile, IntervalMethod::bca}) {
    options.interval = method;
    const auto rows = run_study(tables.scores, tables.truth, options).rows;
    CHECK(rows[1].kendall_interval.low < rows[1].kendall.value);
    CHECK(rows[1].kendall_interval.high > rows[1].kendall.value);
    CHECK(rows[1].spearman_interval.low < rows[1].spearman.value);
    CHECK(rows[1].pearson_interval.high > rows[1].pearson.value);
    CHECK(rows[1].tau_minus_baseline_interval.low > 0);
    CHECK(rows[1].p_beats_baseline == doctest::Approx(1.0 / 501));
    CHECK(rows[1].p_beats_baseline_holm == rows[1].p_beats_baseline);
    CHECK(rows[0].tau_minus_baseline == 0);
    CHECK(rows[0].tau_minus_baseline_interval.low == 0);
    CHECK(rows[0].tau_minus_baseline_interval.high == 0);
    CHECK(std::isnan(rows[0].p_beats_baseline));
    CHECK(std::isnan(rows[0].partial_tau));
    CHECK(std::isnan(rows[2].kendall.value));
    CHECK(std::isnan(rows[2].kendall_interval.low));
  }
  options.draws = 0;
  const auto rows = run_study(tables.scores, tables.truth, options).rows;
  CHECK(std::isnan(rows[1].kendall_interval.low));
  CHECK(std::isnan(rows[1].tau_minus_baseline_interval.high));
  CHECK(rows[1].tau_minus_baseline > 0);
  CHECK(rows[1].partial_tau > 0.5);
}

TEST_CASE("a row does not depend on the other proxies") {
  const Tables tables = sample_tables(120);
  StudyOptions options = sample_options();
  const auto all = run_study(tables.scores, tables.truth, options).rows;
  options.proxies = {"good"};
  const auto one = run_study(tables.scores, tables.truth, options).rows;
  REQUIRE(one.size() == 1);
  CHECK(one[0].kendall_interval.low == all[1].kendall_interval.low);
  CHECK(one[0].tau_minus_baseline == all[1].tau_minus_baseline);
  CHECK(
      one[0].tau_minus_baseline_interval.low ==
      all[1].tau_minus_baseline_interval.low);
}

TEST_CASE("truth that is missing is left out, rows are counted on each side") {
  Tables tables = sample_tables(50);
  tables.truth.values[0][3] = kNan;
  tables.truth.arch[7] = "elsewhere";
  const Study study = run_study(tables.scores, tables.truth, sample_options());
  CHECK(study.summary.joined == 49);
  CHECK(study.summary.scores_only == 1);
  CHECK(study.summary.truth_only == 1);
  CHECK(study.rows[0].n == 48);
}

TEST_CASE("criteria on request") {
  const Tables tables = sample_tables(100);
  StudyOptions options = sample_options();
  CHECK(
      run_study(tables.scores, tables.truth, options).rows[0].criteria.empty());
  options.criteria = true;
  const auto rows = run_study(tables.scores, tables.truth, options).rows;
  CHECK(rows[0].criteria.front().first == "ndcg_50");
  CHECK(rows[0].criteria.back().first == "regret_10");
}

TEST_CASE("differences of every two proxies, paired") {
  const Tables tables = sample_tables(200);
  StudyOptions options = sample_options();
  options.differences = true;
  options.draws = 400;
  for (const Missing missing : {Missing::last, Missing::drop}) {
    options.missing = missing;
    const Study study = run_study(tables.scores, tables.truth, options);
    REQUIRE(study.differences.size() == 3);
    // params is the baseline, so its difference to good is that of good's row.
    const PairDifference& pair = study.differences[0];
    const StudyRow& good = study.rows[1];
    CHECK(pair.proxy == "params");
    CHECK(pair.other == "good");
    CHECK(pair.subset == "all");
    CHECK(pair.tau_difference == -good.tau_minus_baseline);
    const Interval& mirror = good.tau_minus_baseline_interval;
    CHECK(std::abs(pair.interval.low + mirror.high) < 1e-12);
    CHECK(std::abs(pair.interval.high + mirror.low) < 1e-12);
    CHECK(pair.p == doctest::Approx(2.0 / 401));
    CHECK(pair.p_holm == pair.p);  // the others, with a constant, have none
    CHECK(std::isnan(study.differences[1].tau_difference));
    CHECK(std::isnan(study.differences[1].p_holm));
  }
  options.draws = 0;
  const Study study = run_study(tables.scores, tables.truth, options);
  CHECK(std::isnan(study.differences[0].p));
  CHECK(std::isnan(study.differences[0].interval.low));
  CHECK(study.differences[0].tau_difference < 0);
}

TEST_CASE("without the baseline: a note, or an error where it was asked for") {
  Tables tables = sample_tables(40);
  tables.scores.columns[0] = "#params";
  StudyOptions options = sample_options();
  const Study study = run_study(tables.scores, tables.truth, options);
  REQUIRE(study.notes.size() == 1);
  CHECK(contains(study.notes[0], "no numeric column params"));
  CHECK(std::isnan(study.rows[1].tau_minus_baseline));
  CHECK(std::isnan(study.rows[1].tau_minus_baseline_interval.low));
  options.baseline_required = true;
  const std::string text = error_of(tables.scores, tables.truth, options);
  CHECK(contains(text, "#params, good, flat"));
}

TEST_CASE("user errors say what was found and what is known") {
  Tables tables = sample_tables(30);
  StudyOptions options = sample_options();
  options.metrics = {"acuracy"};
  std::string text = error_of(tables.scores, tables.truth, options);
  CHECK(contains(text, "truth.csv: no column acuracy"));
  CHECK(contains(text, "did you mean accuracy?"));
  options = sample_options();
  options.proxies = {"bad"};
  text = error_of(tables.scores, tables.truth, options);
  CHECK(contains(text, "scores.csv: no column bad"));
  options = sample_options();
  options.population = "connected";
  CHECK(contains(
      error_of(tables.scores, tables.truth, options), "no NATS-TSS cell"));
  options = sample_options();
  for (std::string& arch : tables.truth.arch) arch += "x";
  text = error_of(tables.scores, tables.truth, options);
  CHECK(contains(text, "30 rows (such as arch0)"));
  CHECK(contains(text, "30 rows (such as arch0x)"));
  tables = sample_tables(30);
  tables.truth.values[0].assign(30, kNan);
  text = error_of(tables.scores, tables.truth, options);
  CHECK(contains(text, "accuracy has no value"));
}

TEST_CASE("fewer than ten architectures: no interval, p-value or verdict") {
  for (const std::size_t size : {2, 3, 9, 10}) {
    CAPTURE(size);
    Tables tables = sample_tables(size);
    StudyOptions options = sample_options();
    options.proxies = {"params", "good"};
    options.differences = true;
    const Study study = run_study(tables.scores, tables.truth, options);
    const bool enough = size == 10;
    REQUIRE(study.rows.size() == 2);
    for (const StudyRow& row : study.rows) {
      CHECK(std::isnan(row.kendall_interval.low) == !enough);
      CHECK(std::isnan(row.spearman_interval.high) == !enough);
      CHECK(std::isnan(row.kendall.p_value) == !enough);
      CHECK(std::isnan(row.spearman.p_value) == !enough);
      CHECK(!std::isnan(row.kendall.value));
    }
    const StudyRow& good = study.rows[1];
    // Pearson's r is over the nine architectures that have a score.
    CHECK(std::isnan(good.pearson_interval.low));
    CHECK(std::isnan(good.pearson.p_value));
    CHECK(std::isnan(good.tau_minus_baseline_interval.low) == !enough);
    CHECK(std::isnan(good.p_beats_baseline) == !enough);
    CHECK(std::isnan(good.p_beats_baseline_holm) == !enough);
    CHECK(std::isnan(study.differences[0].p) == !enough);
    CHECK(std::isnan(study.differences[0].interval.low) == !enough);
    CHECK(study.notes.size() == (enough ? 0 : 1));
    if (!enough) CHECK(contains(study.notes[0], "no interval, p-value"));
  }
}

TEST_CASE("a proxy with scores for fewer than ten, the others dropped") {
  Tables tables = sample_tables(30);
  for (std::size_t i = 9; i < 30; ++i) tables.scores.values[1][i] = kNan;
  StudyOptions options = sample_options();
  options.missing = Missing::drop;
  const Study study = run_study(tables.scores, tables.truth, options);
  CHECK(!std::isnan(study.rows[0].kendall_interval.low));
  CHECK(study.rows[1].n == 8);
  CHECK(std::isnan(study.rows[1].kendall_interval.low));
  CHECK(std::isnan(study.rows[1].kendall.p_value));
  CHECK(std::isnan(study.rows[1].p_beats_baseline));
  REQUIRE(study.notes.size() == 1);
  CHECK(contains(study.notes[0], "good (n = 8)"));
}

TEST_CASE("subsets of fewer than ten architectures are not shown") {
  const Tables tables = sample_tables(60);
  StudyOptions options = sample_options();
  options.top = {0.5, 0.1};
  options.ranges = {parse_range("params=:-3")};
  const Study study = run_study(tables.scores, tables.truth, options);
  for (const StudyRow& row : study.rows) {
    CHECK((row.subset == "all" || row.subset == "top 0.5"));
  }
  REQUIRE(study.notes.size() == 1);
  CHECK(
      study.notes[0].starts_with("accuracy: fewer than 10 architectures, not "
                                 "shown: top 0.1 (n = 6), params=:-3 (n = "));
}

TEST_CASE("missing scores rank below minus infinity") {
  Table scores{"s", {"a", "b", "c", "d"}, {"s"}, {{}}};
  scores.values[0] = {kNan, -HUGE_VAL, 0, HUGE_VAL};
  const Table truth{"t", scores.arch, {"acc"}, {{1, 2, 3, 4}}};
  StudyOptions options;
  options.metrics = {"acc"};
  const StudyRow row = run_study(scores, truth, options).rows.at(0);
  CHECK(row.kendall.value == 1.0);
  CHECK(row.spearman.value == 1.0);
  CHECK(std::isnan(row.pearson.value));
}
