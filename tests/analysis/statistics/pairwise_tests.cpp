#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "analysis/statistics/correlation.h"
#include "analysis/statistics/pairwise.h"

using namespace zcp::statistics;
using Column = std::vector<double>;

TEST_CASE("every two columns: symmetric, missing rows settled pair by pair") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Column> columns{
      {1, 2, 3, 4}, {1, 3, 2, kNan}, {4, 3, 2, 1}, {5, 5, 5, 5}};
  const auto tau = correlate_pairs(columns, Missing::drop, kendall_tau_b);
  REQUIRE(tau.size() == 4);
  CHECK(tau[0][0] == 1);
  CHECK(tau[0][1] == doctest::Approx(1.0 / 3));  // of 1 2 3 with 1 3 2
  CHECK(tau[1][0] == tau[0][1]);
  CHECK(tau[0][2] == -1);
  CHECK(tau[1][2] == doctest::Approx(-1.0 / 3));
  CHECK(std::isnan(tau[0][3]));
  // The missing value comes last: 2 3 4 1 has two pairs in order against 1 2 3
  // 4 less than it could, of six.
  const auto last = correlate_pairs(columns, Missing::last, kendall_tau_b);
  CHECK(last[0][1] == doctest::Approx(-2.0 / 6));
  const auto rho = correlate_pairs(columns, Missing::drop, spearman_rho);
  CHECK(rho[0][1] == doctest::Approx(0.5));
  CHECK(correlate_pairs({}, Missing::last, kendall_tau_b).empty());
  const std::vector<Column> uneven{{1, 2}, {1}};
  CHECK_THROWS_AS(
      correlate_pairs(uneven, Missing::last, kendall_tau_b),
      std::invalid_argument);
}
