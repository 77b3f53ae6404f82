#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "analysis/statistics/correlation.h"
#include "analysis/statistics/permutation.h"
#include "tests/support/test_files.h"

using namespace zcp::statistics;
using nlohmann::json;
using Column = std::vector<double>;

TEST_CASE("permutations: p-values equal those of SciPy's permutation tests") {
  const json document =
      json::parse(std::ifstream(zcp::test::golden("small_samples.json")));
  REQUIRE(document["permutations"].size() > 15);
  for (const json& vector : document["permutations"]) {
    const Column x = vector["x"].get<Column>();
    const Column y = vector["y"].get<Column>();
    const auto n = vector["n"].get<int>();
    CAPTURE(n);
    for (const bool kendall : {true, false}) {
      CAPTURE(kendall);
      const double p =
          kendall ? kendall_permutation_p(x, y) : spearman_permutation_p(x, y);
      const auto expected =
          vector[kendall ? "kendall" : "spearman"].get<double>();
      // Both are drawn for many rows: five standard errors of either.
      const double error =
          vector["exact"].get<bool>()
              ? 1e-12
              : 5 * std::sqrt(2 * expected / 200000) + 2.0 / 200000;
      CHECK(std::abs(p - expected) <= error);
      const double tested =
          (kendall ? kendall_test(x, y) : spearman_test(x, y)).p_value;
      CHECK(p == doctest::Approx(tested).epsilon(1e-12));
    }
  }
}

TEST_CASE("permutations: a perfect order is one of all pairings") {
  Column x(10);
  std::iota(x.begin(), x.end(), 0.0);
  Column y = x;
  constexpr double kPairings = 3628800;  // 10!
  CHECK(kendall_permutation_p(x, y) == doctest::Approx(2 / kPairings));
  CHECK(spearman_permutation_p(x, y) == doctest::Approx(2 / kPairings));
  std::reverse(y.begin(), y.end());
  CHECK(kendall_permutation_p(x, y) == doctest::Approx(2 / kPairings));
  CHECK(spearman_permutation_p(x, y) == doctest::Approx(2 / kPairings));
}

TEST_CASE("permutations: two groups, by hand") {
  // Five of ten rows are the better half in both: one of C(10, 5) choices.
  const Column x{0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
  CHECK(kendall_permutation_p(x, x) == doctest::Approx(2.0 / 252));
  CHECK(spearman_permutation_p(x, x) == doctest::Approx(2.0 / 252));
  CHECK_THROWS_AS(
      kendall_permutation_p(Column(31), Column(31)), std::invalid_argument);
  CHECK_THROWS_AS(spearman_permutation_p(x, Column{1}), std::invalid_argument);
}
