#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "analysis/statistics/pair_counts.h"
#include "common/random.h"

using namespace zcp::statistics;
using Column = std::vector<double>;

namespace {

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

TEST_CASE("pair counts of a table small enough to count by hand") {
  // Pairs: 01 in order, 02 tied in x, 03 opposite, 12 opposite, 13 opposite,
  // 23 tied in y.
  const Column x{1, 2, 1, 0};
  const Column y{2, 3, 4, 4};
  const PairCounts counts = count_pairs(x, y);
  CHECK(counts.rows == 4);
  CHECK(counts.pairs == 6);
  CHECK(counts.x_ties == 1);
  CHECK(counts.y_ties == 1);
  CHECK(counts.joint_ties == 0);
  CHECK(counts.discordant == 3);
  CHECK(counts.balance() == -2);
  CHECK(counts.tau_b() == doctest::Approx(-2.0 / 5));
  CHECK(std::isnan(count_pairs(Column{1, 1}, Column{1, 2}).tau_b()));
  CHECK(pairs_of(5) == 10);
  CHECK_THROWS_AS(count_pairs(x, Column{1}), std::invalid_argument);
  CHECK_THROWS_AS(count_rows(x, Column{1}), std::invalid_argument);
}

TEST_CASE("a column has a tau of exactly 1 with itself") {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) {
    values.push_back(i * 37 % 11);
    if (i > 0) CHECK(count_pairs(values, values).tau_b() == 1.0);
  }
}
