#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "analysis/statistics/correlation.h"
#include "analysis/statistics/resample.h"
#include "tests/analysis/statistics/make_sample.h"

using namespace zcp::statistics;
using namespace zcp::test;

namespace {

/// The resample written out, row by row.
Sample expand(
    const Sample& sample,
    const DrawCounts& counts,
    std::size_t lane,
    bool keep_missing) {
  Sample out;
  for (std::size_t row = 0; row < sample.x.size(); ++row) {
    const bool missing = std::isnan(sample.x[row]);
    if (missing && !keep_missing) continue;
    for (int copy = 0; copy < counts[row][lane]; ++copy) {
      out.x.push_back(missing ? kLowest : sample.x[row]);
      out.y.push_back(sample.y[row]);
    }
  }
  return out;
}

void check_resamples(const Sample& sample, Missing missing) {
  DrawCounts counts;
  draw_rows(sample.x.size(), 7, 16, counts);
  const ResampledPair pair(sample.x, sample.y, missing);
  const Lanes<Correlations> fast = pair.evaluate(counts);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const bool last = missing == Missing::last;
    const Sample ranked = expand(sample, counts, lane, last);
    const Sample seen = expand(sample, counts, lane, false);
    CHECK(agree(fast[lane].tau, kendall_tau_b(ranked.x, ranked.y)));
    CHECK(agree(fast[lane].rho, spearman_rho(ranked.x, ranked.y)));
    CHECK(agree(fast[lane].r, pearson_r(seen.x, seen.y)));
  }
}

}  // namespace

TEST_CASE("a resample by counts equals the resample written out") {
  for (const std::size_t size : {5, 40, 333, 3000}) {
    CAPTURE(size);
    check_resamples(normal_sample(size, size), Missing::last);
    check_resamples(awkward_sample(size, size), Missing::last);
    check_resamples(awkward_sample(size, size), Missing::drop);
  }
}

TEST_CASE("so it does with more rows than 16 bits count") {
  check_resamples(awkward_sample(70000, 1), Missing::last);
}

TEST_CASE("each draw has as many rows as the table") {
  DrawCounts first;
  DrawCounts second;
  draw_rows(100, 5, 0, first);
  draw_rows(100, 5, 8, second);
  CHECK(first != second);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    int sum = 0;
    for (const auto& row : first) sum += row[lane];
    CHECK(sum == 100);
  }
}

TEST_CASE("no row is drawn from a table without rows, lengths must agree") {
  DrawCounts counts;
  draw_rows(0, 1, 0, counts);
  CHECK(counts.empty());
  const Column two{1, 2};
  const Column one{1};
  CHECK_THROWS_AS(
      ResampledPair(two, one, Missing::last), std::invalid_argument);
}
