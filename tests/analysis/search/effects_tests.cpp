#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "analysis/search/effects.h"

using namespace zcp::search;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

const std::vector<double> kValues{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8,
                                  9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4};

}  // namespace

TEST_CASE("effects are SciPy's differences of mean ranks") {
  std::vector<bool> has;
  std::vector<std::size_t> options;
  for (std::size_t i = 0; i < kValues.size(); ++i) {
    has.push_back(i % 3 == 0 || i == 5 || i == 11 || i == 14);
    options.push_back(i % 4);
  }
  // scipy.stats.ttest_ind(..., equal_var=False).confidence_interval() of
  // (rankdata(values) - .5) / 24 * 100.
  const Effect effect = effect_of("a", has, kValues);
  CHECK(effect.name == "a");
  CHECK(effect.with == 11);
  CHECK(effect.without == 13);
  CHECK(
      effect.difference == doctest::Approx(3.1468531468531467).epsilon(1e-12));
  CHECK(effect.low == doctest::Approx(-23.96498424421283).epsilon(1e-12));
  CHECK(effect.high == doctest::Approx(30.258690537919122).epsilon(1e-12));
  // From scipy.stats.f_oneway's F: (F - 1) (k - 1) / (F (k - 1) + n - k).
  CHECK(
      share_decided(options, kValues) ==
      doctest::Approx(-0.0774911816578483).epsilon(1e-12));
}

TEST_CASE("effects have no numbers where there is nothing to compare") {
  const std::vector<double> values{1, 2, 3, kNone};
  const Effect one = effect_of("a", {true, false, false, true}, values);
  CHECK(one.with == 1);
  CHECK(one.without == 2);
  CHECK(one.difference == doctest::Approx(-50));  // 1/6 - (3/6 + 5/6) / 2
  CHECK(std::isnan(one.low));
  CHECK(
      std::isnan(effect_of("a", {true, true, true, true}, values).difference));
  CHECK(
      std::isnan(share_decided(std::vector<std::size_t>{0, 0, 0, 1}, values)));
  CHECK(std::isnan(share_decided(
      std::vector<std::size_t>{0, 1, 1}, std::vector{2., 2., 2.})));
  // A place that decides everything.
  CHECK(
      share_decided(
          std::vector<std::size_t>{0, 0, 1, 1}, std::vector{1., 1., 5., 5.}) ==
      doctest::Approx(1));
}
