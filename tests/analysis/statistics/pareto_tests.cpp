#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/statistics/pareto.h"
#include "common/random.h"
#include "tests/support/vectors.h"

using namespace zcp::statistics;
using namespace zcp::test;

namespace {

const double kNan = number(nullptr);

/// Uniform integers in [0, levels), every eleventh missing when asked for.
Vector
levels(std::size_t size, std::int64_t count, std::uint64_t seed, bool missing) {
  std::vector<std::int64_t> integers(size);
  zcp::fill_integers(integers, count, seed);
  Vector out(integers.begin(), integers.end());
  for (std::size_t i = 3; missing && i < size; i += 11) {
    out[i] = number(nullptr);
  }
  return out;
}

bool beats(
    const Vector& value,
    const Vector& cost,
    std::size_t a,
    std::size_t b) {
  return value[a] >= value[b] && cost[a] <= cost[b] &&
         (value[a] > value[b] || cost[a] < cost[b]);
}

/// Rows that no other row beats, by trying all.
std::vector<std::size_t> front_by_trial(
    const Vector& value,
    const Vector& cost) {
  std::vector<std::size_t> front;
  for (std::size_t b = 0; b < value.size(); ++b) {
    bool beaten = std::isnan(value[b]) || std::isnan(cost[b]);
    for (std::size_t a = 0; a < value.size(); ++a) {
      beaten = beaten || beats(value, cost, a, b);
    }
    if (!beaten) front.push_back(b);
  }
  return front;
}

/// Counts the unit squares that some row dominates; for whole numbers.
double area_by_count(
    const Vector& value,
    const Vector& cost,
    const std::vector<std::size_t>& rows,
    int least,
    int most) {
  int squares = 0;
  for (int x = -5; x < most; ++x) {
    for (int y = least; y < 50; ++y) {
      const bool inside = std::any_of(rows.begin(), rows.end(), [&](auto row) {
        return cost[row] <= x && value[row] >= y + 1;
      });
      squares += inside ? 1 : 0;
    }
  }
  return squares;
}

/// Rows that no other has at most the cost and at least the value of, with one
/// of both strictly: by comparing all pairs.
std::set<std::size_t> front_by_pairs(const Vector& cost, const Vector& value) {
  std::set<std::size_t> front;
  for (std::size_t i = 0; i < cost.size(); ++i) {
    bool beaten = false;
    for (std::size_t j = 0; j < cost.size() && !beaten; ++j) {
      const bool as_good = cost[j] <= cost[i] && value[j] >= value[i];
      const bool same = cost[j] == cost[i] && value[j] == value[i];
      beaten = as_good && (!same || j < i);
    }
    if (!beaten) front.insert(i);
  }
  return front;
}

}  // namespace

TEST_CASE("pareto: fronts and hypervolumes by brute force") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const bool missing = seed % 2 == 1;
    const Vector value = levels(40, 12, seed, missing);
    const Vector cost = levels(40, 15, seed + 100, false);
    std::vector<std::size_t> front = pareto_front(value, cost, Twins::all);
    CHECK(std::is_sorted(front.begin(), front.end(), [&](auto a, auto b) {
      return cost[a] < cost[b];
    }));
    std::vector<std::size_t> sorted = front;
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == front_by_trial(value, cost));
    CHECK(
        hypervolume(value, cost, front, 2, 13) ==
        area_by_count(value, cost, front, 2, 13));
    // Rows that are dominated, too dear or too bad add nothing.
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (!std::isnan(value[i])) all.push_back(i);
    }
    CHECK(
        hypervolume(value, cost, all, 2, 13) ==
        hypervolume(value, cost, front, 2, 13));
  }
  CHECK(hypervolume(Vector{}, Vector{}, std::vector<std::size_t>{}, 0, 1) == 0);
}

TEST_CASE("pareto: of rows equal in both, the first alone") {
  std::vector<float> noise(400);
  zcp::fill_normal(noise, 2.0F, 5);
  Vector cost;
  Vector value;
  for (std::size_t i = 0; i < 200; ++i) {
    cost.push_back(std::round(noise[i]));
    value.push_back(std::round(3 * noise[200 + i]));
  }
  const std::vector<std::size_t> front =
      pareto_front(value, cost, Twins::first);
  CHECK(front.size() > 1);
  CHECK(std::set(front.begin(), front.end()) == front_by_pairs(cost, value));
  CHECK(std::ranges::is_sorted(
      front, {}, [&](std::size_t i) { return cost[i]; }));
  const Vector some_cost{1, kNan, 2};
  const Vector some_value{kNan, 5, 3};
  CHECK(
      pareto_front(some_value, some_cost, Twins::first) ==
      std::vector<std::size_t>{2});
  CHECK(pareto_front({}, {}, Twins::first).empty());
}

TEST_CASE("pareto: which of equal rows are on the front") {
  // Rows 1 and 2 are equal; row 3 costs as much and is worth less.
  const Vector value{1, 3, 3, 2, 3};
  const Vector cost{1, 2, 2, 2, 4};
  using Rows = std::vector<std::size_t>;
  CHECK(pareto_front(value, cost, Twins::all) == Rows{0, 1, 2});
  CHECK(pareto_front(value, cost, Twins::first) == Rows{0, 1});
}
