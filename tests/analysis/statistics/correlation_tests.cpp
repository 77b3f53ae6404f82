#include <cmath>
#include <ctime>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "analysis/statistics/rank.h"
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

void check_against(const json& expected, const Kept& ranked, const Kept& seen) {
  const Correlation tau = kendall_test(ranked.x, ranked.y);
  CHECK(agree(tau.value, number(expected["kendall"][0])));
  CHECK(agree_p(tau.p_value, number(expected["kendall"][1])));
  const Correlation rho = spearman_test(ranked.x, ranked.y);
  CHECK(agree(rho.value, number(expected["spearman"][0])));
  CHECK(agree_p(rho.p_value, number(expected["spearman"][1])));
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

int sign(double value) {
  return (value > 0) - (value < 0);
}

PairCounts count_pairs_slowly(const Column& x, const Column& y) {
  PairCounts counts;
  counts.rows = static_cast<std::int64_t>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const int a = sign(x[i] - x[j]);
      const int b = sign(y[i] - y[j]);
      counts.pairs += 1;
      counts.x_ties += a == 0 ? 1 : 0;
      counts.y_ties += b == 0 ? 1 : 0;
      counts.joint_ties += a == 0 && b == 0 ? 1 : 0;
      counts.discordant += a * b < 0 ? 1 : 0;
    }
  }
  return counts;
}

RowCounts count_row_slowly(const Column& x, const Column& y, std::size_t row) {
  RowCounts counts;
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (j == row) continue;
    const int a = sign(x[row] - x[j]);
    const int b = sign(y[row] - y[j]);
    counts.x_ties += a == 0 ? 1 : 0;
    counts.y_ties += b == 0 ? 1 : 0;
    counts.joint_ties += a == 0 && b == 0 ? 1 : 0;
    counts.discordant += a * b < 0 ? 1 : 0;
    counts.concordant += a * b > 0 ? 1 : 0;
  }
  return counts;
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

TEST_CASE("pair counts equal those of a double loop") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto size = static_cast<std::size_t>(2 + seed * 3);
    const std::int64_t levels = seed % 3 == 0 ? 3 : 10 + 20 * (seed % 5);
    const Column x = random_levels(size, levels, 2 * seed);
    const Column y = random_levels(size, levels, 2 * seed + 1);
    const PairCounts fast = count_pairs(x, y);
    const PairCounts slow = count_pairs_slowly(x, y);
    CAPTURE(seed);
    CHECK(fast.pairs == slow.pairs);
    CHECK(fast.x_ties == slow.x_ties);
    CHECK(fast.y_ties == slow.y_ties);
    CHECK(fast.joint_ties == slow.joint_ties);
    CHECK(fast.discordant == slow.discordant);
  }
}

TEST_CASE("row counts equal those of a double loop") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const std::int64_t levels = seed % 2 == 0 ? 4 : 1000;
    const Column x = random_levels(80, levels, 100 + seed);
    const Column y = random_levels(80, levels, 200 + seed);
    const std::vector<RowCounts> fast = count_rows(x, y);
    for (std::size_t row = 0; row < x.size(); ++row) {
      const RowCounts slow = count_row_slowly(x, y, row);
      CHECK(fast[row].x_ties == slow.x_ties);
      CHECK(fast[row].y_ties == slow.y_ties);
      CHECK(fast[row].joint_ties == slow.joint_ties);
      CHECK(fast[row].concordant == slow.concordant);
      CHECK(fast[row].discordant == slow.discordant);
    }
  }
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

TEST_CASE("average ranks share the mean, NaN comes first") {
  CHECK(average_ranks(Column{10, 20, 20, 5}) == Column{2, 3.5, 3.5, 1});
  CHECK(average_ranks(Column{10, kNan, 20, kNan}) == Column{3, 1.5, 4, 1.5});
  CHECK(average_ranks(Column{}).empty());
}

TEST_CASE("partial correlation") {
  CHECK(partial_correlation(0.5, 0.0, 0.0) == 0.5);
  CHECK(
      partial_correlation(0.6, 0.5, 0.4) ==
      doctest::Approx(0.4 / std::sqrt(0.75 * 0.84)));
  CHECK(std::isnan(partial_correlation(0.6, 1.0, 0.6)));
}

TEST_CASE("423,624 rows correlate in under a second") {
  Column x(423624);
  Column y(423624);
  std::vector<float> noise(2 * x.size());
  zcp::fill_normal(noise, 1.0F, 3);
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = noise[i];
    x[i] = noise[i] + noise[x.size() + i];
  }
  // Processor time: other programs may want the cores, too.
  const std::clock_t start = std::clock();
  const double tau = kendall_tau_b(x, y);
  const double rho = spearman_rho(x, y);
  const double r = pearson_r(x, y);
  const double took =
      static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  CHECK(tau == doctest::Approx(0.5).epsilon(0.01));
  CHECK(rho == doctest::Approx(0.69).epsilon(0.01));
  CHECK(r == doctest::Approx(std::sqrt(0.5)).epsilon(0.01));
  MESSAGE("tau, rho and r of 423,624 rows: " << took << " s");
#ifdef NDEBUG
  CHECK(took < 1.0);
#endif
}
