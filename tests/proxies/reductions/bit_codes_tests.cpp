#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "proxies/reductions/bit_codes.h"
#include "tests/support/test_files.h"

using namespace zcp::reductions;

namespace {

/// units - Hamming distance, one comparison a unit.
std::vector<std::int64_t> brute_force(
    const std::vector<float>& values,
    std::size_t samples) {
  const std::size_t units = values.size() / samples;
  std::vector<std::int64_t> kernel(samples * samples);
  for (std::size_t i = 0; i < samples; ++i) {
    for (std::size_t j = 0; j < samples; ++j) {
      for (std::size_t u = 0; u < units; ++u) {
        const bool a = values[i * units + u] > 0;
        const bool b = values[j * units + u] > 0;
        if (a == b) ++kernel[i * samples + j];
      }
    }
  }
  return kernel;
}

}  // namespace

TEST_CASE("agreement equals the brute-force count, for any number of units") {
  std::mt19937 generator(3);
  std::normal_distribution<float> normal;
  for (const std::size_t units : {1U, 63U, 64U, 65U, 128U, 1000U}) {
    const std::size_t samples = 9;
    std::vector<float> values(samples * units);
    for (float& value : values) value = normal(generator);
    std::vector<std::int64_t> kernel(samples * samples);
    add_agreement(BitCodes(values, 9), 1, kernel);
    CHECK(kernel == brute_force(values, samples));
  }
}

TEST_CASE("every set of instructions packs and counts the same") {
  std::mt19937 generator(4);
  std::normal_distribution<float> normal;
  std::vector<Instructions> sets{Instructions::portable};
  if (best_instructions() != Instructions::portable) {
    sets.push_back(Instructions::avx2);
  }
  if (best_instructions() == Instructions::avx512) {
    sets.push_back(Instructions::avx512);
  }
  const std::size_t samples = 5;
  for (const std::size_t units : {1U, 64U, 130U, 64U * 9U, 1000U}) {
    std::vector<float> values(samples * units);
    std::vector<Bfloat16Bits> narrow;
    for (float& value : values) {
      value = normal(generator);
      // The upper half of a float is the bfloat16 below it, of the same sign.
      const auto bits = std::bit_cast<std::uint32_t>(value);
      narrow.push_back({static_cast<std::uint16_t>(bits >> 16)});
    }
    const auto expected = brute_force(values, samples);
    for (const Instructions set : sets) {
      CAPTURE(static_cast<int>(set));
      std::vector<std::int64_t> kernel(samples * samples);
      add_agreement(BitCodes(values, 5, set), 1, kernel, set);
      CHECK(kernel == expected);
      std::vector<std::int64_t> same(samples * samples);
      add_agreement(BitCodes(narrow, 5, set), 1, same, set);
      CHECK(same == expected);
    }
  }
}

TEST_CASE("zero, negative zero and NaN are not active") {
  const std::vector<float> values{
      0.0F, -0.0F, std::nanf(""), std::numeric_limits<float>::denorm_min()};
  const BitCodes codes(values, 1);
  CHECK(codes.units() == 4);
  CHECK(codes.code(0)[0] == 0b1000);
}

TEST_CASE("weights multiply and calls add up") {
  const std::vector<float> values{1, -1, 1, 1, 1, -1};
  std::vector<std::int64_t> kernel(4);
  add_agreement(BitCodes(values, 2), 2, kernel);
  add_agreement(BitCodes(values, 2), 1, kernel);
  // samples 1,-1,1 and 1,1,-1 agree in one unit of three
  CHECK(kernel == std::vector<std::int64_t>{9, 3, 3, 9});
}
