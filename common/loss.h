// Losses, by name.
#pragma once

#include <cstdint>

namespace zcp {

/// What training minimises, and what gradients are taken of: a mean over the
/// samples (and over their pixels or numbers).
enum class Loss : std::uint8_t {
  cross_entropy,  ///< of one label for each sample, or for each pixel
  squared_error,
  absolute_error,
  relative_l2,  ///< Euclidean |output - target| / |target| of a sample
};

}  // namespace zcp
