// Data as networks take them, in host memory.
#pragma once

#include <cstdint>
#include <vector>

#include "common/shape.h"

namespace zcp {

/// Inputs as a network takes them, with what it is to give for them.
struct Minibatch {
  int size = 0;
  Shape shape;
  std::vector<float> x;  ///< size x C x H x W, row-major, normalised
  /// Labels in [0, classes), one a sample or a pixel; empty where the targets
  /// are numbers.
  std::vector<std::int64_t> y;
  std::vector<float> numbers = {};  ///< size x classes (x H x W), or empty
  /// What a network's output is multiplied by and then shifted by before it is
  /// compared with the numbers: one each of a sample's numbers, or empty.
  std::vector<float> scale = {};
  std::vector<float> offset = {};
};

}  // namespace zcp
