// Samples for the tests of resamples.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "common/random.h"

namespace zcp::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kLowest = -std::numeric_limits<double>::infinity();

using Column = std::vector<double>;

/// Equal to 1e-12, or both NaN.
inline bool agree(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::abs(a - b) < 1e-12;
}

struct Sample {
  Column x;
  Column y;
};

/// A bivariate normal sample with correlation 1 / sqrt(2).
inline Sample normal_sample(std::size_t size, std::uint64_t seed) {
  std::vector<float> noise(2 * size);
  zcp::fill_normal(noise, 1.0F, seed);
  Sample sample;
  for (std::size_t i = 0; i < size; ++i) {
    sample.y.push_back(noise[i]);
    sample.x.push_back(noise[i] + noise[size + i]);
  }
  return sample;
}

/// Ties in both columns; every eighth score missing.
inline Sample awkward_sample(std::size_t size, std::uint64_t seed) {
  Sample sample = normal_sample(size, seed);
  for (std::size_t i = 0; i < size; ++i) {
    sample.x[i] = i % 8 == 3 ? kNan : std::round(3 * sample.x[i]);
    sample.y[i] = std::round(4 * sample.y[i]);
  }
  return sample;
}

}  // namespace zcp::test
