#include "analysis/study/cost_trade_off.h"
#include "common/error.h"
#include "tests/support/vectors.h"

using namespace zcp::study;
using namespace zcp::test;

namespace {

JoinedMetric joined_of(const Vector& truth, const Vector& scores) {
  JoinedMetric joined;
  joined.metric = "acc";
  joined.proxies = {"p"};
  joined.scores = {scores};
  joined.truth = truth;
  joined.reported = 1;
  for (std::size_t i = 0; i < truth.size(); ++i) joined.rows.push_back({i, i});
  return joined;
}

}  // namespace

TEST_CASE("what a proxy loses on the front and under limits") {
  // Rows:  0   1   2   3   4, and nine that the first beats in all
  Vector truth{50, 60, 70, 80, 75};
  Vector costs{1, 2, 3, 4, 4};
  Vector scores{1, 3, 2, 5, 5};
  truth.insert(truth.end(), 9, 50);
  costs.insert(costs.end(), 9, 1.5);
  scores.insert(scores.end(), 9, 0);
  const Vector limits{1, 3, 4};
  const auto rows =
      cost_trade_off(joined_of(truth, scores), "ms", costs, limits);
  REQUIRE(rows.size() == 1);
  const CostTradeOff& row = rows[0];
  CHECK(row.cost == "ms");
  CHECK(row.true_front == 4);
  CHECK(row.chosen_front == 4);  // 0, 1, and 3 and 4 as twins
  CHECK(row.shared == 3);
  // Above 50 and up to 4: 10 from 2 on and 10 from 3 on; and 10 from 2 on.
  CHECK(row.hypervolume_ratio == doctest::Approx(20.0 / 30));
  REQUIRE(row.limits.size() == 3);
  CHECK(row.limits[0].n == 1);
  CHECK(std::isnan(row.limits[0].lost));  // one is too few to say
  CHECK(row.limits[1].n == 12);
  CHECK(row.limits[1].best == 70);
  CHECK(row.limits[1].lost == 10);
  CHECK(row.limits[2].lost == doctest::Approx(2.5));
}

TEST_CASE("under a limit what has no score is chosen last") {
  Vector truth{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  Vector scores(10, number(nullptr));
  scores[0] = -5;
  const Vector costs(10, 1.0);
  const auto row =
      cost_trade_off(joined_of(truth, scores), "c", costs, costs)[0];
  CHECK(row.limits[0].lost == 9);
}

TEST_CASE("twins on a front of scores count with their mean truth") {
  const Vector truth{0, 10, 30};
  const Vector costs{1, 2, 2};
  const auto ratio = [&](const Vector& scores) {
    const Vector three{1, 2, 3};
    return cost_trade_off(joined_of(truth, scores), "ms", {{1, 2, 2}}, three)[0]
        .hypervolume_ratio;
  };
  // With every cost at most 2 the area is empty, so one more row is needed.
  CHECK(std::isnan(ratio({1, 2, 2})));
  const Vector dear{1, 2, 2, 4};
  const auto rows =
      cost_trade_off(joined_of({0, 10, 30, 5}, {1, 2, 2, 0}), "ms", dear, {});
  CHECK(rows[0].hypervolume_ratio == doctest::Approx(20.0 / 30));
}

TEST_CASE("limits: quartiles by default; what has no cost or score is out") {
  const double nan = number(nullptr);
  const Vector truth{1, 2, 3, 4, 5, 6};
  const Vector scores{9, nan, 3, 4, 5, 10};
  const Vector costs{1, 2, 3, 4, 5, nan};
  const auto row = cost_trade_off(joined_of(truth, scores), "c", costs, {})[0];
  CHECK(row.n == 5);
  CHECK(row.missing == 1);
  REQUIRE(row.limits.size() == 4);
  CHECK(row.limits[0].limit == 2);
  CHECK(row.limits[0].n == 2);
  CHECK(std::isnan(row.limits[0].lost));
  CHECK(row.limits[3].limit == 5);
  CHECK(row.limits[3].n == 5);
  CHECK(std::isnan(row.limits[3].lost));
  CHECK(row.chosen_front == 1);
  const Vector none(6, nan);
  const Vector low{0.5};
  CHECK_THROWS_AS(
      cost_trade_off(joined_of(truth, scores), "c", none, {}), zcp::UserError);
  CHECK_THROWS_AS(
      cost_trade_off(joined_of(truth, scores), "c", costs, low),
      zcp::UserError);
}
