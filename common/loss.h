// Losses, by name.
#pragma once

#include <cstdint>

namespace zcp {

/// What a network is trained to make small, and what gradients are taken of: a
/// mean over samples (and pixels and numbers).
enum class Loss : std::uint8_t {
  cross_entropy,  ///< with a label a sample, or a label a pixel
  squared_error,
  absolute_error,
  relative_l2,  ///< |output - target| / |target|, Euclidean, of a sample
};

}  // namespace zcp
