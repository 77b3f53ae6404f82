// Random numbers that depend on a seed and a purpose alone.
//
// Every array that is drawn (a layer's weights, a noise image, a sample of
// architectures) has a generator of its own, so that what is drawn does not
// depend on what was drawn before. Generator and distributions are
// Boost.Random's, whose output is the same on every platform, unlike that of
// the standard library's distributions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace zcp {

/// The seed of one purpose under a run's seed.
std::uint64_t derive_seed(
    std::uint64_t seed,
    std::string_view purpose,
    std::uint64_t index = 0);

/// Fills with independent N(0, stddev^2).
void fill_normal(std::span<float> out, float stddev, std::uint64_t seed);

/// Fills with independent uniform numbers in [low, high).
void fill_uniform(
    std::span<float> out,
    float low,
    float high,
    std::uint64_t seed);

/// Fills with independent -1 or +1.
void fill_signs(std::span<float> out, std::uint64_t seed);

/// Fills with independent uniform integers in [0, bound).
void fill_integers(
    std::span<std::int64_t> out,
    std::int64_t bound,
    std::uint64_t seed);

/// `count` different integers of [0, population), in the order drawn; a larger
/// count continues the same sequence.
/// Throws std::invalid_argument when count > population.
std::vector<std::int64_t> sample_without_replacement(
    std::int64_t population,
    std::int64_t count,
    std::uint64_t seed);

}  // namespace zcp
