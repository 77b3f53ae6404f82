#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "common/random.h"
#include "tests/support/test_files.h"

using namespace zcp::statistics;
using nlohmann::json;
using Column = std::vector<double>;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLowest = -std::numeric_limits<double>::infinity();

double number(const json& value) {
  return value.is_null() ? kNan : value.get<double>();
}

Column column(const json& values) {
  Column out;
  for (const json& value : values) out.push_back(number(value));
  return out;
}

/// Equal to 1e-12, or both NaN.
bool agree(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::abs(a - b) <= 1e-12;
}

/// P-values also to nine digits, however small.
bool agree_p(double a, double b) {
  return agree(a, b) && (std::isnan(a) || std::abs(a - b) <= 1e-9 * b ||
                         std::max(a, b) < 1e-20);
}

/// Scores and truth as a policy for missing scores leaves them.
struct Kept {
  Column x;
  Column y;
};

Kept keep(const Column& x, const Column& y, Missing missing) {
  Kept kept;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) && missing == Missing::drop) continue;
    kept.x.push_back(std::isnan(x[i]) ? kLowest : x[i]);
    kept.y.push_back(y[i]);
  }
  return kept;
}

bool has_ties(Column values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

/// P-values of few rows with ties, and of Spearman's rho, are those of
/// permutations: permutation_tests.cpp compares them.
void check_against(const json& expected, const Kept& ranked, const Kept& seen) {
  const bool few = ranked.x.size() <= 30;
  const bool ties = has_ties(ranked.x) || has_ties(ranked.y);
  const Correlation tau = kendall_test(ranked.x, ranked.y);
  CHECK(agree(tau.value, number(expected["kendall"][0])));
  if (!few || !ties) {
    CHECK(agree_p(tau.p_value, number(expected["kendall"][1])));
  }
  const Correlation rho = spearman_test(ranked.x, ranked.y);
  CHECK(agree(rho.value, number(expected["spearman"][0])));
  if (!few) CHECK(agree_p(rho.p_value, number(expected["spearman"][1])));
  const Correlation r = pearson_test(seen.x, seen.y);
  CHECK(agree(r.value, number(expected["pearson"][0])));
  CHECK(agree_p(r.p_value, number(expected["pearson"][1])));
  CHECK(agree(
      weighted_tau(ranked.x, ranked.y), number(expected["weighted_tau"])));
}

/// Uniform integers in [0, levels) as doubles.
Column
random_levels(std::size_t size, std::int64_t levels, std::uint64_t seed) {
  std::vector<std::int64_t> integers(size);
  zcp::fill_integers(integers, levels, seed);
  return {integers.begin(), integers.end()};
}

}  // namespace

TEST_CASE("correlations and p-values equal SciPy's") {
  const json document =
      json::parse(std::ifstream(zcp::test::golden("rank_vectors.json")));
  REQUIRE(document["vectors"].size() > 25);
  for (const json& vector : document["vectors"]) {
    CAPTURE(vector["name"].get<std::string>());
    const Column x = column(vector["x"]);
    const Column y = column(vector["y"]);
    const Kept seen = keep(x, y, Missing::drop);
    check_against(vector["last"], keep(x, y, Missing::last), seen);
    check_against(vector["drop"], seen, seen);
  }
}

TEST_CASE("Pearson's r keeps its digits at any offset and scale") {
  const json document =
      json::parse(std::ifstream(zcp::test::golden("small_samples.json")));
  REQUIRE(document["pearson"].size() > 14);
  for (const json& vector : document["pearson"]) {
    CAPTURE(vector["name"].get<std::string>());
    const Column x = column(vector["x"]);
    const Column y = column(vector["y"]);
    CHECK(std::abs(pearson_r(x, y) - number(vector["r"])) <= 2e-15);
  }
}

TEST_CASE("infinite values rank at their end and have no Pearson's r") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Column y{1, 2, 3, 4};
  CHECK(kendall_tau_b(Column{-kInfinity, 2, 3, kInfinity}, y) == 1.0);
  CHECK(spearman_rho(Column{kInfinity, 3, 2, -kInfinity}, y) == -1.0);
  CHECK(std::isnan(pearson_r(Column{1, 2, 3, kInfinity}, y)));
  CHECK(std::isnan(pearson_r(y, Column{-kInfinity, 2, 3, 4})));
}

TEST_CASE("120 real vectors of scores and accuracies") {
  const auto path = zcp::test::shared("data/rank_oracles.jsonl");
  if (zcp::test::absent(path)) return;
  std::ifstream file(path);
  int vectors = 0;
  for (std::string line; std::getline(file, line); ++vectors) {
    const json oracle = json::parse(line);
    const Column x = column(oracle["x"]);
    const Column y = column(oracle["y"]);
    CAPTURE(vectors);
    CHECK(agree(kendall_tau_b(x, y), number(oracle["kendalltau"])));
    CHECK(agree(spearman_rho(x, y), number(oracle["spearman"])));
    // NASLib writes the magnitude of Pearson's r, and of it alone.
    CHECK(agree(std::abs(pearson_r(x, y)), number(oracle["pearson"])));
  }
  CHECK(vectors == 120);
}

TEST_CASE("rank correlations: antisymmetric, blind to monotone maps") {
  const Column x = random_levels(200, 50, 1);
  const Column y = random_levels(200, 40, 2);
  Column cubed = x;
  Column negative = x;
  for (double& value : cubed) value = value * value * value;
  for (double& value : negative) value = -value;
  for (auto* statistic : {kendall_tau_b, spearman_rho}) {
    CHECK(statistic(x, y) == statistic(y, x));
    CHECK(statistic(cubed, y) == statistic(x, y));
    CHECK(statistic(negative, y) == doctest::Approx(-statistic(x, y)));
  }
  CHECK(weighted_tau(cubed, y) == weighted_tau(x, y));
  CHECK(weighted_tau(x, y) == weighted_tau(y, x));
}

TEST_CASE("no correlation where there is none to speak of") {
  const Column values{1, 2, 3};
  const Column constant{5, 5, 5};
  const Column broken{1, kNan, 3};
  for (auto* statistic :
       {kendall_tau_b, spearman_rho, pearson_r, weighted_tau}) {
    CHECK(std::isnan(statistic(constant, values)));
    CHECK(std::isnan(statistic(values, constant)));
    CHECK(std::isnan(statistic(broken, values)));
    CHECK(std::isnan(statistic(Column{}, Column{})));
    CHECK(std::isnan(statistic(Column{1}, Column{2})));
    CHECK_THROWS_AS(statistic(values, Column{1, 2}), std::invalid_argument);
  }
}

TEST_CASE("partial correlation") {
  CHECK(partial_correlation(0.5, 0.0, 0.0) == 0.5);
  CHECK(
      partial_correlation(0.6, 0.5, 0.4) ==
      doctest::Approx(0.4 / std::sqrt(0.75 * 0.84)));
  CHECK(std::isnan(partial_correlation(0.6, 1.0, 0.6)));
}

TEST_CASE("423,624 noisy rows correlate as the normal distribution says") {
  Column x(423624);
  Column y(423624);
  std::vector<float> noise(2 * x.size());
  zcp::fill_normal(noise, 1.0F, 3);
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = noise[i];
    x[i] = noise[i] + noise[x.size() + i];
  }
  const double tau = kendall_tau_b(x, y);
  const double rho = spearman_rho(x, y);
  const double r = pearson_r(x, y);
  CHECK(tau == doctest::Approx(0.5).epsilon(0.01));
  CHECK(rho == doctest::Approx(0.69).epsilon(0.01));
  CHECK(r == doctest::Approx(std::sqrt(0.5)).epsilon(0.01));
}
