// A soak test: left out unless asked for (tests/soak.sh coverage).
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "analysis/statistics/bootstrap.h"
#include "analysis/statistics/correlation.h"
#include "common/random.h"
#include "tests/support/test_files.h"

using namespace zcp::statistics;
using Column = std::vector<double>;

namespace {

constexpr std::size_t kRows = 200;
constexpr std::size_t kDraws = 1000;
constexpr double kLevel = 0.95;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Two proxies of equal worth and their truth: each pair bivariate normal
/// with correlation `r`, independent given the truth.
struct Sample {
  Column truth;
  Column proxy;
  Column rival;
};

Sample draw(double r, std::uint64_t seed) {
  std::vector<float> noise(3 * kRows);
  zcp::fill_normal(noise, 1.0F, seed);
  const double rest = std::sqrt(1 - r * r);
  Sample sample;
  for (std::size_t i = 0; i < kRows; ++i) {
    const double truth = noise[i];
    sample.truth.push_back(truth);
    sample.proxy.push_back(r * truth + rest * noise[kRows + i]);
    sample.rival.push_back(r * truth + rest * noise[2 * kRows + i]);
  }
  return sample;
}

/// How many intervals held what they should.
struct Held {
  std::string name;
  std::uint64_t count = 0;

  void add(const Interval& interval, double truth) {
    count += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
};

/// By percentiles and BCa: tau, rho, and the difference of tau, which is 0.
using Tally = std::array<Held, 6>;

void simulate(double r, std::uint64_t seed, Tally& held) {
  const double tau = 2 / std::numbers::pi * std::asin(r);
  const double rho = 6 / std::numbers::pi * std::asin(r / 2);
  const Sample sample = draw(r, seed);
  const std::vector<ResampledPair> pairs{
      {sample.proxy, sample.truth, Missing::last},
      {sample.rival, sample.truth, Missing::last}};
  const auto draws = bootstrap(pairs, kRows, kDraws, seed);
  const Column gaps = differences(draws[0].tau, draws[1].tau);
  held[0].add(percentile_interval(draws[0].tau, kLevel), tau);
  held[1].add(percentile_interval(draws[0].rho, kLevel), rho);
  held[2].add(percentile_interval(gaps, kLevel), 0);
  const Replicates own = jackknife(sample.proxy, sample.truth);
  const Replicates other = jackknife(sample.rival, sample.truth);
  const double own_tau = kendall_tau_b(sample.proxy, sample.truth);
  const double gap = own_tau - kendall_tau_b(sample.rival, sample.truth);
  held[3].add(bca_interval(draws[0].tau, own_tau, own.tau, kLevel), tau);
  held[4].add(
      bca_interval(
          draws[0].rho,
          spearman_rho(sample.proxy, sample.truth),
          own.rho,
          kLevel),
      rho);
  held[5].add(
      bca_interval(gaps, gap, differences(own.tau, other.tau), kLevel), 0);
}

}  // namespace

TEST_CASE("soak: 95 % intervals cover what they should" * doctest::skip()) {
  const std::uint64_t trials = setting("ZCP_TRIALS", 1000);
  const std::uint64_t first = setting("ZCP_SEED", 0);
  for (const double r : {0.0, 0.3, 0.7, 0.9}) {
    Tally held{
        {{"tau, percentile"},
         {"rho, percentile"},
         {"difference of tau, percentile"},
         {"tau, BCa"},
         {"rho, BCa"},
         {"difference of tau, BCa"}}};
    for (std::uint64_t trial = 0; trial < trials; ++trial) {
      simulate(r, zcp::derive_seed(first, "coverage", trial), held);
    }
    for (const Held& each : held) {
      const double share =
          static_cast<double>(each.count) / static_cast<double>(trials);
      MESSAGE(
          "r = " << r << ", " << each.name << ": " << share << " of "
                 << trials);
      CHECK(share >= 0.93);
      CHECK(share <= 0.97);
    }
  }
}
