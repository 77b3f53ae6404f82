#include <omp.h>

#include <algorithm>
#include <cmath>

#include "analysis/statistics/bootstrap.h"
#include "analysis/statistics/correlation.h"
#include "analysis/statistics/resample.h"
#include "tests/analysis/statistics/make_sample.h"
#include "tests/support/test_files.h"

using namespace zcp::statistics;
using namespace zcp::test;

namespace {

Sample without(const Sample& sample, std::size_t row) {
  Sample out = sample;
  out.x.erase(out.x.begin() + static_cast<std::ptrdiff_t>(row));
  out.y.erase(out.y.begin() + static_cast<std::ptrdiff_t>(row));
  return out;
}

std::vector<Replicates>
bootstrap_one(const Sample& sample, std::size_t draws, std::uint64_t seed) {
  const std::vector<ResampledPair> pairs{{sample.x, sample.y, Missing::last}};
  return bootstrap(pairs, sample.x.size(), draws, seed);
}

/// Counts of intervals that hold the true tau, and of those that hold the true
/// difference of two equally good scores, zero.
struct Coverage {
  int tau = 0;
  int difference = 0;

  void add(const Interval& of_tau, const Interval& of_difference) {
    const double truth = 0.5;  // 2 / pi * asin(1 / sqrt(2))
    tau += of_tau.low <= truth && truth <= of_tau.high ? 1 : 0;
    difference += of_difference.low <= 0 && 0 <= of_difference.high ? 1 : 0;
  }
};

/// One sample's intervals by both methods.
void simulate(std::uint64_t seed, Coverage& percentile, Coverage& bca) {
  constexpr std::size_t kRows = 150;
  constexpr double kLevel = 0.95;
  const Sample sample = normal_sample(kRows, seed);
  const Sample other = normal_sample(kRows, seed + 1000000);
  Column rival(kRows);
  for (std::size_t i = 0; i < kRows; ++i) rival[i] = sample.y[i] + other.y[i];
  const std::vector<ResampledPair> pairs{
      {sample.x, sample.y, Missing::last}, {rival, sample.y, Missing::last}};
  const auto draws = bootstrap(pairs, kRows, 400, seed);
  const Column gaps = differences(draws[0].tau, draws[1].tau);
  percentile.add(
      percentile_interval(draws[0].tau, kLevel),
      percentile_interval(gaps, kLevel));
  const double own = kendall_tau_b(sample.x, sample.y);
  const double gap = own - kendall_tau_b(rival, sample.y);
  const Column left = jackknife(sample.x, sample.y).tau;
  const Column gaps_left = differences(left, jackknife(rival, sample.y).tau);
  bca.add(
      bca_interval(draws[0].tau, own, left, kLevel),
      bca_interval(gaps, gap, gaps_left, kLevel));
}

void check_share(int count, int of) {
  const double share = static_cast<double>(count) / of;
  MESSAGE("coverage " << share);
  CHECK(share >= 0.93);
  CHECK(share <= 0.97);
}

}  // namespace

TEST_CASE("the first draws of a longer run are those of a shorter one") {
  const Sample sample = normal_sample(100, 5);
  const auto few = bootstrap_one(sample, 13, 5);
  const auto many = bootstrap_one(sample, 100, 5);
  CHECK(few[0].tau.size() == 13);
  CHECK(std::equal(few[0].tau.begin(), few[0].tau.end(), many[0].tau.begin()));
  CHECK(bootstrap_one(sample, 13, 6)[0].tau != few[0].tau);
}

TEST_CASE("draws depend on neither threads nor other proxies") {
  const Sample sample = awkward_sample(400, 9);
  const Sample other = normal_sample(400, 10);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto alone = bootstrap_one(sample, 64, 3);
  omp_set_num_threads(4);
  const std::vector<ResampledPair> pairs{
      {other.x, sample.y, Missing::last}, {sample.x, sample.y, Missing::last}};
  const auto together = bootstrap(pairs, 400, 64, 3);
  omp_set_num_threads(threads);
  CHECK(alone[0].tau == together[1].tau);
  CHECK(alone[0].rho == together[1].rho);
  CHECK(alone[0].r == together[1].r);
}

TEST_CASE("a column that is constant has no correlation in any draw") {
  const Sample sample = normal_sample(30, 1);
  const auto draws = bootstrap_one({Column(30, 2.5), sample.y}, 16, 0);
  for (const auto& values : {draws[0].tau, draws[0].rho, draws[0].r}) {
    for (const double value : values) CHECK(std::isnan(value));
  }
  CHECK(std::isnan(percentile_interval(draws[0].tau, 0.95).low));
}

TEST_CASE("the jackknife leaves each row out") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    Sample sample = awkward_sample(60, seed);
    for (double& value : sample.x) value = std::isnan(value) ? -20.0 : value;
    const Replicates fast = jackknife(sample.x, sample.y);
    for (std::size_t row = 0; row < sample.x.size(); ++row) {
      const Sample rest = without(sample, row);
      CHECK(std::abs(fast.tau[row] - kendall_tau_b(rest.x, rest.y)) < 1e-12);
      CHECK(std::abs(fast.rho[row] - spearman_rho(rest.x, rest.y)) < 1e-12);
      CHECK(std::abs(fast.r[row] - pearson_r(rest.x, rest.y)) < 1e-12);
    }
  }
}

TEST_CASE("quantiles are NumPy's") {
  const Column sorted{1, 2, 4, 8};
  CHECK(quantile(sorted, 0.0) == 1);
  CHECK(quantile(sorted, 0.5) == 3);
  CHECK(quantile(sorted, 0.9) == doctest::Approx(6.8));
  CHECK(quantile(sorted, 1.0) == 8);
  CHECK(std::isnan(quantile(Column{}, 0.5)));
  const Interval interval = percentile_interval(Column{4, kNan, 1, 8, 2}, 0.5);
  CHECK(interval.low == 1.75);
  CHECK(interval.high == 5);
}

TEST_CASE("BCa is the percentile interval of symmetric draws") {
  Column draws;
  for (int i = -500; i <= 500; ++i) draws.push_back(i / 500.0);
  const Column left{-1, 1, -1, 1};
  const Interval plain = percentile_interval(draws, 0.9);
  const Interval corrected = bca_interval(draws, 0.0, left, 0.9);
  CHECK(corrected.low == doctest::Approx(plain.low));
  CHECK(corrected.high == doctest::Approx(plain.high));
  // An estimate above the median of its draws moves the interval up.
  CHECK(bca_interval(draws, 0.2, left, 0.9).low > plain.low);
}

TEST_CASE("p-values of being above zero, and Holm's adjustment") {
  CHECK(p_above_zero(Column{1, 2, 3, 4}) == doctest::Approx(0.2));
  CHECK(p_above_zero(Column{-1, 0, 3, 4}) == doctest::Approx(0.6));
  CHECK(std::isnan(p_above_zero(Column{})));
  const Column adjusted = holm(Column{0.01, 0.04, kNan, 0.03, 0.9});
  CHECK(adjusted[0] == doctest::Approx(0.04));
  CHECK(adjusted[3] == doctest::Approx(0.09));
  CHECK(adjusted[1] == doctest::Approx(0.09));
  CHECK(adjusted[4] == doctest::Approx(0.9));
  CHECK(std::isnan(adjusted[2]));
}

TEST_CASE("95 % intervals hold the truth in 93 to 97 % of samples") {
  constexpr int kSamples = 1000;
  Coverage percentile;
  Coverage bca;
  for (int seed = 0; seed < kSamples; ++seed) {
    simulate(static_cast<std::uint64_t>(seed), percentile, bca);
  }
  check_share(percentile.tau, kSamples);
  check_share(percentile.difference, kSamples);
  check_share(bca.tau, kSamples);
  check_share(bca.difference, kSamples);
}
