#include <algorithm>

#include "analysis/statistics/metrics.h"
#include "analysis/study/pareto.h"
#include "common/error.h"
#include "common/random.h"
#include "tests/support/vectors.h"

using namespace zcp::study;
using namespace zcp::test;

namespace {

/// Uniform integers in [0, levels), every eleventh missing when asked for.
Vector
levels(std::size_t size, std::int64_t count, std::uint64_t seed, bool missing) {
  std::vector<std::int64_t> integers(size);
  zcp::fill_integers(integers, count, seed);
  Vector out(integers.begin(), integers.end());
  for (std::size_t i = 3; missing && i < size; i += 11) {
    out[i] = number(nullptr);
  }
  return out;
}

bool beats(
    const Vector& value,
    const Vector& cost,
    std::size_t a,
    std::size_t b) {
  return value[a] >= value[b] && cost[a] <= cost[b] &&
         (value[a] > value[b] || cost[a] < cost[b]);
}

/// Rows that no other row beats, by trying all.
std::vector<std::size_t> front_by_trial(
    const Vector& value,
    const Vector& cost) {
  std::vector<std::size_t> front;
  for (std::size_t b = 0; b < value.size(); ++b) {
    bool beaten = std::isnan(value[b]) || std::isnan(cost[b]);
    for (std::size_t a = 0; a < value.size(); ++a) {
      beaten = beaten || beats(value, cost, a, b);
    }
    if (!beaten) front.push_back(b);
  }
  return front;
}

/// Counts the unit squares that some row dominates; for whole numbers.
double area_by_count(
    const Vector& value,
    const Vector& cost,
    const std::vector<std::size_t>& rows,
    int least,
    int most) {
  int squares = 0;
  for (int x = -5; x < most; ++x) {
    for (int y = least; y < 50; ++y) {
      const bool inside = std::any_of(rows.begin(), rows.end(), [&](auto row) {
        return cost[row] <= x && value[row] >= y + 1;
      });
      squares += inside ? 1 : 0;
    }
  }
  return squares;
}

Joined joined_of(const Vector& truth, const Vector& scores) {
  Joined joined;
  joined.metric = "acc";
  joined.proxies = {"p"};
  joined.scores = {scores};
  joined.truth = truth;
  joined.shown = 1;
  for (std::size_t i = 0; i < truth.size(); ++i) joined.rows.push_back({i, i});
  return joined;
}

}  // namespace

TEST_CASE("fronts and hypervolumes by brute force") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const bool missing = seed % 2 == 1;
    const Vector value = levels(40, 12, seed, missing);
    const Vector cost = levels(40, 15, seed + 100, false);
    std::vector<std::size_t> front = pareto_front(value, cost);
    CHECK(std::is_sorted(front.begin(), front.end(), [&](auto a, auto b) {
      return cost[a] < cost[b];
    }));
    std::vector<std::size_t> sorted = front;
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == front_by_trial(value, cost));
    CHECK(
        hypervolume(value, cost, front, 2, 13) ==
        area_by_count(value, cost, front, 2, 13));
    // Rows that are dominated, too dear or too bad add nothing.
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (!std::isnan(value[i])) all.push_back(i);
    }
    CHECK(
        hypervolume(value, cost, all, 2, 13) ==
        hypervolume(value, cost, front, 2, 13));
  }
  CHECK(hypervolume(Vector{}, Vector{}, std::vector<std::size_t>{}, 0, 1) == 0);
}

TEST_CASE("what a proxy loses on the front and under limits") {
  // Rows:        0   1   2   3   4
  const Vector truth{50, 60, 70, 80, 75};
  const Vector costs{1, 2, 3, 4, 4};
  const Vector scores{1, 3, 2, 5, 5};
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
  CHECK(row.limits[0].lost == 0);
  CHECK(row.limits[1].n == 3);
  CHECK(row.limits[1].best == 70);
  CHECK(row.limits[1].lost == 10);
  CHECK(row.limits[2].lost == doctest::Approx(2.5));
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
  CHECK(row.limits[0].lost == 1);  // 1 and not the unscored 2
  CHECK(row.limits[3].limit == 5);
  CHECK(row.limits[3].n == 5);
  CHECK(row.limits[3].lost == 4);
  CHECK(row.chosen_front == 1);
  const Vector none(6, nan);
  const Vector low{0.5};
  CHECK_THROWS_AS(
      cost_trade_off(joined_of(truth, scores), "c", none, {}), zcp::UserError);
  CHECK_THROWS_AS(
      cost_trade_off(joined_of(truth, scores), "c", costs, low),
      zcp::UserError);
}
