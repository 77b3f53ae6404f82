// Data for tests of evaluators.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/minibatch.h"
#include "common/random.h"

namespace zcp::test {

/// Minibatches of `size` images N(0, 1) with labels from 0 to classes - 1, each
/// drawn by its place.
inline std::vector<Minibatch>
noise_minibatches(std::uint64_t count, int size, Shape shape, int classes) {
  std::vector<Minibatch> all;
  for (std::uint64_t i = 0; i < count; ++i) {
    Minibatch minibatch{size, shape, {}, {}};
    minibatch.x.resize(static_cast<std::size_t>(size * shape.elements()));
    minibatch.y.resize(static_cast<std::size_t>(size));
    fill_normal(minibatch.x, 1.0F, i);
    fill_integers(minibatch.y, classes, i);
    all.push_back(std::move(minibatch));
  }
  return all;
}

}  // namespace zcp::test
