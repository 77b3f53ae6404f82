#include "common/random.h"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>
#include <stdexcept>
#include <unordered_map>

#include "common/hash.h"

namespace zcp {
namespace {

using Generator = boost::random::mt19937_64;

}  // namespace

std::uint64_t
derive_seed(std::uint64_t seed, std::string_view purpose, std::uint64_t index) {
  return hash_combine(hash64(purpose, seed), index);
}

void fill_normal(std::span<float> out, float stddev, std::uint64_t seed) {
  Generator generator(seed);
  boost::random::normal_distribution<float> normal(0.0F, stddev);
  for (float& value : out) value = normal(generator);
}

void fill_uniform(
    std::span<float> out,
    float low,
    float high,
    std::uint64_t seed) {
  Generator generator(seed);
  boost::random::uniform_real_distribution<float> uniform(low, high);
  for (float& value : out) value = uniform(generator);
}

void fill_signs(std::span<float> out, std::uint64_t seed) {
  Generator generator(seed);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 64 == 0) bits = generator();
    out[i] = (bits >> (i % 64) & 1U) != 0 ? 1.0F : -1.0F;
  }
}

void fill_integers(
    std::span<std::int64_t> out,
    std::int64_t bound,
    std::uint64_t seed) {
  Generator generator(seed);
  boost::random::uniform_int_distribution<std::int64_t> uniform(0, bound - 1);
  for (std::int64_t& value : out) value = uniform(generator);
}

std::vector<std::int64_t> sample_without_replacement(
    std::int64_t population,
    std::int64_t count,
    std::uint64_t seed) {
  if (count > population) {
    throw std::invalid_argument("a sample larger than its population");
  }
  // The first steps of a Fisher-Yates shuffle, with only the places that moved
  // kept: a larger sample begins with the smaller one of the same seed.
  Generator generator(seed);
  std::unordered_map<std::int64_t, std::int64_t> moved;
  const auto at = [&](std::int64_t place) {
    const auto found = moved.find(place);
    return found == moved.end() ? place : found->second;
  };
  std::vector<std::int64_t> drawn;
  for (std::int64_t i = 0; i < count; ++i) {
    boost::random::uniform_int_distribution<std::int64_t> uniform(
        i, population - 1);
    const std::int64_t place = uniform(generator);
    drawn.push_back(at(place));
    moved[place] = at(i);
  }
  return drawn;
}

}  // namespace zcp
