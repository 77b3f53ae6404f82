#include <algorithm>
#include <cmath>

#include "analysis/prediction/choose_labels.h"
#include "analysis/prediction/learning.h"
#include "analysis/prediction/model.h"
#include "analysis/statistics/correlation.h"
#include "common/error.h"
#include "common/random.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::prediction;

namespace {

constexpr std::size_t kRows = 300;

/// Columns of noise; the label is a curve of the first two, plus noise.
struct Sample {
  std::vector<Block> blocks;
  std::vector<double> labels;
};

Sample make_sample() {
  Sample sample;
  Block block{"noise", {}, {}, false};
  for (std::size_t c = 0; c < 6; ++c) {
    std::vector<float> noise(kRows);
    fill_normal(noise, 1.0F, derive_seed(11, "column", c));
    block.columns.push_back("c" + std::to_string(c));
    block.values.emplace_back(noise.begin(), noise.end());
  }
  std::vector<float> error(kRows);
  fill_normal(error, 0.2F, 99);
  for (std::size_t i = 0; i < kRows; ++i) {
    sample.labels.push_back(
        2 * block.values[0][i] + std::tanh(2 * block.values[1][i]) +
        static_cast<double>(error[i]));
  }
  sample.blocks.push_back(std::move(block));
  return sample;
}

std::vector<std::size_t> range(std::size_t from, std::size_t to) {
  std::vector<std::size_t> rows;
  for (std::size_t i = from; i < to; ++i) rows.push_back(i);
  return rows;
}

}  // namespace

TEST_CASE("normal scores: quantiles of ranks") {
  const std::vector<double> values{3, std::nan(""), 7, 3};
  const std::vector<double> scores = normal_scores(values);
  // scipy.stats.norm.ppf of .125, .5 (shared by the two 3) and .875.
  CHECK_EQ(scores[1], doctest::Approx(-1.1503493803760079).epsilon(1e-12));
  CHECK_EQ(scores[0], doctest::Approx(0).epsilon(1e-12));
  CHECK_EQ(scores[3], scores[0]);
  CHECK_EQ(scores[2], doctest::Approx(1.1503493803760079).epsilon(1e-12));
}

TEST_CASE("design: constant columns go, ragged and missing ones are refused") {
  const Design design(
      {{"b", {"x", "same"}, {{1, 2, 3}, {5, 5, 5}}, false},
       {"r", {"p"}, {{1, std::nan(""), 2}}, true}});
  CHECK_EQ(design.column_names(), std::vector<std::string>{"x", "p"});
  CHECK_EQ(design.block_names(), std::vector<std::string>{"b", "r"});
  CHECK_THROWS_AS(
      Design({{"b", {"x"}, {{1, std::nan("")}}, false}}),
      std::invalid_argument);
  CHECK_THROWS_AS(
      Design({{"b", {"x", "y"}, {{1, 2}, {1, 2, 3}}, false}}),
      std::invalid_argument);
  CHECK_THROWS_AS(Design({{"b", {"x"}, {{1, 1}}, false}}), UserError);
}

TEST_CASE("models: each finds the signal and says what it used") {
  const Sample sample = make_sample();
  const Design design(sample.blocks);
  const auto train = range(0, 150);
  const auto held = range(150, kRows);
  const std::vector<double> labels(
      sample.labels.begin(), sample.labels.begin() + 150);
  const std::vector<double> truth(
      sample.labels.begin() + 150, sample.labels.end());
  const auto targets = normal_scores(labels);
  for (const ModelInfo& info : models()) {
    CAPTURE(info.name);
    const auto fitted = info.fit(design, train, targets, 3);
    const Predicted said = fitted->predict(held);
    REQUIRE_EQ(said.mean.size(), held.size());
    CHECK_GT(statistics::kendall_tau_b(said.mean, truth), 0.7);
    // The same again, also in another order of rows.
    auto backwards = held;
    std::ranges::reverse(backwards);
    const Predicted again =
        info.fit(design, train, targets, 3)->predict(backwards);
    CHECK_EQ(again.mean.back(), said.mean.front());
    double sum = 0;
    for (const Importance& each : fitted->importance()) sum += each.share;
    CHECK_EQ(sum, doctest::Approx(1).epsilon(1e-9));
    if (info.name != "gp") CHECK_EQ(fitted->importance()[0].name, "c0");
  }
  CHECK_THROWS_AS(find_model("tree"), UserError);
}

TEST_CASE("models: noise is not taken for a signal") {
  Sample sample = make_sample();
  std::vector<float> noise(kRows);
  fill_normal(noise, 1.0F, 1234);
  sample.labels.assign(noise.begin(), noise.end());
  const Design design(sample.blocks);
  Pool pool;
  pool.design = &design;
  pool.rows = range(0, kRows);
  pool.labels = sample.labels;
  pool.proxies = {{"c0", sample.blocks[0].values[0]}};
  LearningOptions options;
  options.labels = {60};
  options.models = {"ridge", "gp", "forest"};
  options.repeats = 5;
  const auto rows = learning_curve(pool, options);
  REQUIRE_EQ(rows.size(), 3);
  for (const LearningRow& row : rows) {
    CAPTURE(row.model);
    CHECK_LT(std::abs(row.tau.value), 0.12);
  }
}

TEST_CASE("learning curve: held-out rows, the best proxy and its sign") {
  const Sample sample = make_sample();
  const Design design(sample.blocks);
  Pool pool;
  pool.design = &design;
  pool.rows = range(0, kRows);
  pool.labels = sample.labels;
  pool.baseline = "c5";
  std::vector<double> turned = sample.blocks[0].values[0];
  for (double& value : turned) value = -value;
  pool.proxies = {{"turned", turned}, {"c5", sample.blocks[0].values[5]}};
  LearningOptions options;
  options.labels = {20, 100};
  options.models = {"ridge"};
  options.repeats = 4;
  const auto rows = learning_curve(pool, options);
  REQUIRE_EQ(rows.size(), 2);
  CHECK_EQ(rows[0].best_proxy, "-turned");
  CHECK_GT(rows[0].best_proxy_tau, 0.5);
  CHECK_EQ(rows[1].held, 200);
  CHECK_GT(rows[1].minus_baseline.interval.low, 0.3);
  CHECK_LT(rows[1].tau.interval.low, rows[1].tau.value);
  // More labels begin with those of fewer.
  const auto few = chosen_labels(pool, 20, 2, options);
  auto many = chosen_labels(pool, 100, 2, options);
  many.resize(20);
  CHECK_EQ(few, many);
  options.labels = {kRows - 5};
  CHECK_THROWS_AS(learning_curve(pool, options), UserError);
}

TEST_CASE("predictions: intervals hold what they say, in the label's unit") {
  const Sample sample = make_sample();
  const Design design(sample.blocks);
  const auto train = range(0, 100);
  const auto asked = range(100, kRows);
  const std::vector<double> labels(
      sample.labels.begin(), sample.labels.begin() + 100);
  for (const char* model : {"ridge", "gp"}) {
    CAPTURE(model);
    const auto said = predict_labels(design, train, labels, model, asked, 0);
    int held = 0;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const double truth = sample.labels[asked[i]];
      CHECK_LE(said[i].interval.low, said[i].value);
      CHECK_GE(said[i].interval.high, said[i].value);
      held += said[i].interval.low <= truth && truth <= said[i].interval.high;
    }
    // 95 % of 200 by design; 86 % is 5 standard errors and the calibration's.
    CHECK_GE(held, 172);
  }
  const std::vector<double> few(labels.begin(), labels.begin() + 5);
  CHECK_THROWS_AS(
      predict_labels(design, range(0, 5), few, "ridge", asked, 0), UserError);
}

TEST_CASE("choosing labels: different ones, away from what is labelled") {
  // Two far clusters; one of them is labelled.
  Block block{"b", {"x"}, {{}}, false};
  for (std::size_t i = 0; i < 40; ++i) {
    block.values[0].push_back(
        i < 20 ? 0.01 * double(i) : 10 + 0.01 * double(i));
  }
  const Design design({block});
  const auto first = range(0, 20);
  const auto all = range(0, 40);
  const auto next = choose_labels(design, all, first, 1, 0);
  REQUIRE_EQ(next.size(), 1);
  CHECK_GE(next[0], 20);
  auto many = choose_labels(design, all, {}, 40, 0);
  std::ranges::sort(many);
  CHECK_EQ(many, all);
  CHECK_THROWS_AS(
      choose_labels(design, first, {}, 21, 0), std::invalid_argument);
}
