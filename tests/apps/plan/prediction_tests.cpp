#include <doctest/doctest.h>

#include <numeric>

#include "apps/plan/prediction.h"

namespace {

using namespace zcp::apps;
using Numbers = std::vector<double>;

double sum(const Numbers& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

TEST_CASE("strata cover all items, each with one to measure inside") {
  for (const std::size_t items : {1U, 2U, 7U, 8U, 9U, 500U}) {
    for (const std::size_t count : {1U, 3U, 8U}) {
      CAPTURE(items);
      CAPTURE(count);
      Numbers costs;
      for (std::size_t i = 0; i < items; ++i) {
        costs.push_back(1 + 1000.0 / static_cast<double>(1 + i * i));
      }
      const auto strata = choose_strata(costs, count);
      REQUIRE(strata.size() == std::min(items, count));
      std::size_t next = 0;
      for (const Stratum& stratum : strata) {
        CHECK(stratum.begin == next);
        CHECK(stratum.begin <= stratum.chosen);
        CHECK(stratum.chosen < stratum.end);
        next = stratum.end;
      }
      CHECK(next == items);
    }
  }
}

TEST_CASE("strata have about the same cost") {
  Numbers costs;
  for (int i = 0; i < 300; ++i) costs.push_back(300 - i);
  const auto strata = choose_strata(costs, 3);
  REQUIRE(strata.size() == 3);
  for (const Stratum& stratum : strata) {
    const Numbers part(
        costs.begin() + static_cast<std::ptrdiff_t>(stratum.begin),
        costs.begin() + static_cast<std::ptrdiff_t>(stratum.end));
    CHECK(sum(part) == doctest::Approx(sum(costs) / 3).epsilon(0.02));
  }
}

TEST_CASE("the prediction is right where time goes with cost in a stratum") {
  // Twice as slow a unit in the second half.
  const Numbers costs{8, 4, 4, 2, 2, 2, 1, 1};
  const auto strata = choose_strata(costs, 2);
  REQUIRE(strata.size() == 2);
  REQUIRE(strata[1].begin == 2);
  const Numbers measured{costs[strata[0].chosen], 2 * costs[strata[1].chosen]};
  CHECK(
      predict_items(costs, strata, measured) ==
      Numbers{8, 4, 8, 4, 4, 4, 2, 2});
}

TEST_CASE("a task lasts as its workers' mean, or as its longest item") {
  CHECK(task_seconds(Numbers{4, 2, 2}, 1) == 8);
  CHECK(task_seconds(Numbers{4, 2, 2}, 2) == 4);
  CHECK(task_seconds(Numbers{4, 2, 2}, 4) == 4);
  CHECK(task_seconds({}, 4) == 0);
}

TEST_CASE("work is divided into tasks of an hour, a multiple of the nodes") {
  const auto shard_of = [](std::size_t i, std::size_t n) { return i % n; };
  const Numbers day(24 * 60, 60.0);
  const Division one = divide(day, 1, 2, 10, shard_of);
  CHECK(one.tasks == 12);
  CHECK(one.longest == 3610);
  CHECK(divide(day, 5, 2, 10, shard_of).tasks == 15);
  CHECK(divide(day, 100, 2, 10, shard_of).tasks == 100);
  // No task without an item.
  CHECK(divide(Numbers{1, 1, 1}, 8, 1, 0, shard_of).tasks == 3);
  CHECK(divide(Numbers{}, 8, 1, 5, shard_of).tasks == 1);
}
