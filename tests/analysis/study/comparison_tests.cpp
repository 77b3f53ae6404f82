#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "analysis/statistics/correlation.h"
#include "analysis/study/comparison.h"

using namespace zcp::study;
using zcp::statistics::kendall_tau_b;
using zcp::statistics::Missing;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Two proxies and a baseline that is not reported; row 3 lacks `b`, row 5 the
/// baseline.
JoinedMetric joined() {
  JoinedMetric made;
  made.metric = "acc";
  made.proxies = {"a", "b", "base"};
  made.scores = {
      {1, 2, 3, 4, 5, 6}, {2, 1, 3, kNan, 6, 5}, {6, 1, 2, 3, 4, kNan}};
  made.truth = {1, 2, 3, 4, 6, 5};
  made.baseline = 2;
  made.reported = 2;
  for (std::size_t i = 0; i < 6; ++i) made.rows.push_back({i, i});
  return made;
}

/// The same rows twice: enough for a claim.
JoinedMetric joined_twice() {
  JoinedMetric made = joined();
  const auto twice = [](Column& column) {
    const Column once = column;
    column.insert(column.end(), once.begin(), once.end());
  };
  for (Column& column : made.scores) twice(column);
  twice(made.truth);
  for (std::size_t i = 6; i < 12; ++i) made.rows.push_back({i, i});
  return made;
}

StudyOptions options(Missing missing) {
  StudyOptions made;
  made.missing = missing;
  made.draws = 0;
  made.differences = true;
  return made;
}

}  // namespace

TEST_CASE("comparison: dropped rows leave both sides of a difference") {
  const Findings found =
      compare_on_subset(joined(), "all", options(Missing::drop));
  REQUIRE(found.rows.size() == 2);
  CHECK(found.rows[0].proxy == "a");
  CHECK(found.rows[0].subset == "all");
  CHECK(found.rows[0].n == 6);
  CHECK(found.rows[0].missing == 0);
  CHECK(found.rows[1].n == 5);
  CHECK(found.rows[1].missing == 1);
  // One of the 15 pairs of `a` is out of order.
  CHECK(found.rows[0].kendall.value == doctest::Approx(13.0 / 15));
  // Without row 5 `a` is in order; the baseline has row 0 behind four others.
  CHECK(
      found.rows[0].tau_minus_baseline ==
      doctest::Approx(1 - (6.0 - 4.0) / 10));
  CHECK(std::isnan(found.rows[0].kendall_interval.low));
  CHECK(std::isnan(found.rows[0].p_beats_baseline_holm));
}

TEST_CASE("comparison: a difference is of the rows that both have") {
  const Findings found =
      compare_on_subset(joined(), "all", options(Missing::drop));
  REQUIRE(found.differences.size() == 1);
  const PairDifference& pair = found.differences[0];
  CHECK(pair.proxy == "a");
  CHECK(pair.other == "b");
  const Column a{1, 2, 3, 5, 6};
  const Column b{2, 1, 3, 6, 5};
  const Column truth{1, 2, 3, 6, 5};
  CHECK(
      pair.tau_difference ==
      doctest::Approx(kendall_tau_b(a, truth) - kendall_tau_b(b, truth)));
  CHECK(std::isnan(pair.p));
}

TEST_CASE("comparison: draws give intervals, p-values and Holm's family") {
  StudyOptions drawn = options(Missing::last);
  drawn.draws = 99;
  const Findings found = compare_on_subset(joined_twice(), "all", drawn);
  REQUIRE(found.rows.size() == 2);
  for (const StudyRow& row : found.rows) {
    CHECK(row.n == 12);
    CHECK(row.kendall_interval.low <= row.kendall_interval.high);
    CHECK(row.p_beats_baseline >= 1.0 / 100);
    CHECK(row.p_beats_baseline_holm >= row.p_beats_baseline);
  }
  const Findings again = compare_on_subset(joined_twice(), "all", drawn);
  CHECK(
      again.rows[0].kendall_interval.low == found.rows[0].kendall_interval.low);
}
