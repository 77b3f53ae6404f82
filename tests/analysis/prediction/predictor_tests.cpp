#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "analysis/prediction/numbers.h"
#include "analysis/prediction/predictor.h"
#include "analysis/statistics/correlation.h"
#include "tests/support/temporary.h"

using namespace zcp;
using namespace zcp::prediction;

namespace {

using Numbers = std::vector<double>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A ranked proxy, with equal and missing values, a constant one, and features.
std::vector<Block> blocks_of(const std::vector<int>& members) {
  Block proxies{"proxies", {"good", "same", "some"}, {{}, {}, {}}, true};
  Block features{"graph", {"size", "parity"}, {{}, {}}, false};
  for (const int m : members) {
    proxies.values[0].push_back(m);
    proxies.values[1].push_back(7);
    proxies.values[2].push_back(m % 5 == 0 ? kNone : m / 4);
    features.values[0].push_back(m * m);
    features.values[1].push_back(m % 2);
  }
  return {proxies, features};
}

std::vector<int> every_second(int count) {
  std::vector<int> members;
  for (int i = 0; i < count; ++i) members.push_back(2 * ((i * 7) % count));
  return members;
}

}  // namespace

TEST_CASE("predictor: rows that come later are placed as the fitted ones") {
  const std::vector<int> fitted = every_second(30);
  Design design(blocks_of(fitted));
  CHECK(
      design.columns() == 3);  // neither the constant nor the parity, all even
  const RowMatrix before = design.numbers().matrix;
  design.add_rows(blocks_of({fitted[4], fitted[20], 1000, -1000, 7}));
  REQUIRE(design.rows() == 35);
  const RowMatrix& after = design.numbers().matrix;
  CHECK(after.topRows(30) == before);
  CHECK(after.row(30) == before.row(4));
  CHECK(after.row(31) == before.row(20));
  // Beyond all of them a rank is that of the outermost.
  CHECK(after(32, 0) == doctest::Approx(before.col(0).maxCoeff()));
  CHECK(after(33, 0) == doctest::Approx(before.col(0).minCoeff()));
  // Between 6 and 8, which have the places 3 and 4 of 30.
  const Numbers scores = normal_scores(Numbers(1, 0.0));
  CHECK(scores == Numbers{0});
  CHECK(after(34, 0) > before.col(0).minCoeff());
  design.keep_rows(30);
  CHECK(design.numbers().matrix == before);
  CHECK_THROWS_AS(design.add_rows({blocks_of({1})[0]}), std::invalid_argument);
  auto broken = blocks_of({1});
  broken[1].values[0][0] = kNone;
  CHECK_THROWS_AS(design.add_rows(broken), std::invalid_argument);
}

TEST_CASE("predictor: every model finds the order of what it was not given") {
  const std::vector<int> fitted = every_second(40);
  Numbers labels;
  for (const int m : fitted) labels.push_back(std::sqrt(m));
  std::vector<int> other;
  Numbers expected;
  for (int m = 3; m < 76; m += 4) {
    other.push_back(m);
    expected.push_back(std::sqrt(m));
  }
  for (const ModelInfo& model : models()) {
    CAPTURE(model.name);
    Predictor predictor(blocks_of(fitted), labels, model.name, 1);
    const Numbers said = predictor.predict(blocks_of(other));
    CHECK(statistics::kendall_tau_b(said, expected) > 0.9);
    // In the labels' unit.
    CHECK(said[9] == doctest::Approx(expected[9]).epsilon(0.1));
    // Alone as among others, and again.
    CHECK(predictor.predict(blocks_of({other[9]}))[0] == said[9]);
    Predictor again(blocks_of(fitted), labels, model.name, 1);
    CHECK(again.predict(blocks_of(other)) == said);
  }
}

TEST_CASE("predictor: too few labels, and labels that do not differ") {
  const auto refusal = [](const std::vector<int>& members, double label) {
    return test::user_error([&] {
      Predictor(blocks_of(members), Numbers(members.size(), label), "ridge", 0);
    });
  };
  CHECK(
      refusal(every_second(9), 1) ==
      "9 labels: expected 10 or more to predict from");
  CHECK(
      refusal(every_second(12), 3) ==
      "every label is 3: expected some that differ");
}
