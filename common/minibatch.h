// Data as networks take them, in host memory.
#pragma once

#include <cstdint>
#include <vector>

#include "common/shape.h"

namespace zcp {

/// Samples: inputs as a network takes them, and the targets of each.
struct Minibatch {
  int size = 0;
  Shape shape;
  std::vector<float> x;  ///< size x C x H x W, row-major, normalised
  /// Labels in [0, classes), one for each sample or for each pixel; empty where
  /// the targets are numbers.
  std::vector<std::int64_t> y;
  std::vector<float> numbers = {};  ///< size x classes (x H x W), or empty
  /// Before a network's output is compared with the numbers it is multiplied by
  /// `scale` and shifted by `offset`: one for each number of a sample, or
  /// empty.
  std::vector<float> scale = {};
  std::vector<float> offset = {};
  /// Of texts: words as whole numbers in [0, vocabulary), one for each place of
  /// the shape; 0: real numbers.
  std::int64_t vocabulary = 0;
  /// Whether they are drawn, so that a network that knows fewer words may have
  /// others.
  bool noise = false;
};

}  // namespace zcp
