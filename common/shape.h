// The shape of what goes into a network and of what its layers give.
#pragma once

#include <cstdint>

namespace zcp {

/// Channels, height and width of one sample's activation; a vector of n
/// numbers is {n, 1, 1}.
struct Shape {
  int channels = 0;
  int height = 1;
  int width = 1;

  bool operator==(const Shape&) const = default;
  std::int64_t elements() const {
    return std::int64_t{channels} * height * width;
  }
};

}  // namespace zcp
