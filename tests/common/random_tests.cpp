#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <stdexcept>

#include "common/random.h"

using namespace zcp;

namespace {

/// The numbers of a generator with this seed, read from the signs that it
/// draws 64 at a time, the lowest bit first.
std::vector<std::uint64_t> generated(std::size_t count, std::uint64_t seed) {
  std::vector<float> signs(64 * count);
  fill_signs(signs, seed);
  std::vector<std::uint64_t> numbers(count);
  for (std::size_t i = 0; i < signs.size(); ++i) {
    REQUIRE(std::abs(signs[i]) == 1.0F);
    if (signs[i] > 0) numbers[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  return numbers;
}

double mean(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("random: the generator is the standard's mt19937_64") {
  // [rand.predef] of the C++ standard: the 10000th number by default.
  const auto numbers = generated(10000, 5489);
  CHECK(numbers.front() == 14514284786278117030U);
  CHECK(numbers.back() == 9981545732273789042U);
}

TEST_CASE("random: normal numbers have the moments of N(0, s^2)") {
  std::vector<float> values(100'000);
  fill_normal(values, 3.0F, 1);
  // Of 100,000 numbers a mean is off by 0.0095, a variance by 0.04 (standard
  // errors): four of them.
  CHECK(std::abs(mean(values)) < 0.04);
  double squares = 0;
  for (const float value : values) squares += double{value} * value;
  CHECK(std::abs(squares / 100'000 - 9.0) < 0.17);
  const auto within = std::ranges::count_if(
      values, [](float value) { return std::abs(value) < 3.0F; });
  // 68.27 % lie within one deviation.
  CHECK(std::abs(static_cast<double>(within) - 68'269) < 600);
}

TEST_CASE("random: uniform numbers fill the range from low to high") {
  std::vector<float> values(100'000);
  fill_uniform(values, -2.0F, 6.0F, 1);
  const auto [least, most] = std::ranges::minmax(values);
  CHECK(least >= -2.0F);
  CHECK(least < -1.99F);
  CHECK(most < 6.0F);
  CHECK(most > 5.99F);
  CHECK(std::abs(mean(values) - 2.0) < 0.03);
}

TEST_CASE("random: integers below the bound, each as often") {
  std::vector<std::int64_t> values(60'000);
  fill_integers(values, 6, 1);
  for (std::int64_t face = 0; face < 6; ++face) {
    // 10,000 with a standard deviation of 91.
    CHECK(std::abs(std::ranges::count(values, face) - 10'000) < 400);
  }
  std::vector<std::int64_t> zeros(5, 9);
  fill_integers(zeros, 1, 1);
  CHECK(zeros == std::vector<std::int64_t>(5, 0));
}

TEST_CASE("random: seed, purpose and index each make a seed of its own") {
  const std::set<std::uint64_t> seeds = {
      derive_seed(0, "a"),
      derive_seed(0, "a", 1),
      derive_seed(0, "b"),
      derive_seed(1, "a"),
      derive_seed(1, "a", 1)};
  CHECK(seeds.size() == 5);
  CHECK(derive_seed(7, "weights", 3) == derive_seed(7, "weights", 3));
  CHECK(derive_seed(7, "weights") == derive_seed(7, "weights", 0));
}

TEST_CASE("random: what is drawn does not depend on how much is drawn") {
  std::vector<float> few(10);
  std::vector<float> many(1000);
  fill_normal(few, 1.0F, 5);
  fill_normal(many, 1.0F, 5);
  CHECK(std::equal(few.begin(), few.end(), many.begin()));
}

TEST_CASE("random: a sample has no number twice and grows at its end") {
  const auto ten = sample_without_replacement(100, 10, 3);
  const auto all = sample_without_replacement(100, 100, 3);
  REQUIRE(ten.size() == 10);
  CHECK(std::equal(ten.begin(), ten.end(), all.begin()));
  std::vector<std::int64_t> sorted = all;
  std::ranges::sort(sorted);
  std::vector<std::int64_t> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(sorted == expected);
  CHECK(all != expected);
  CHECK(sample_without_replacement(100, 10, 4) != ten);
  CHECK(sample_without_replacement(5, 0, 3).empty());
  CHECK_THROWS_AS(sample_without_replacement(5, 6, 3), std::invalid_argument);
}

TEST_CASE("random: every member of a population is drawn as often") {
  std::vector<int> drawn(5);
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    for (const auto i : sample_without_replacement(5, 2, seed)) {
      ++drawn[static_cast<std::size_t>(i)];
    }
  }
  // 2,000 each with a standard deviation of 35.
  for (const int count : drawn) CHECK(std::abs(count - 2000) < 160);
}
