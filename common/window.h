// How the windows of convolutions and pools lie on what they read.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace zcp {

/// Windows along one axis of a map, in pixels; along both axes where windows
/// are square, as those of graphs are. Padding is added at either end.
struct Window {
  int kernel = 0;  ///< taps of a window; 0: there is no window
  int stride = 1;
  int padding = 0;
  int dilation = 1;  ///< pixels from one tap to the next

  bool operator==(const Window&) const = default;

  /// The pixel under tap `tap` of window `number`; it may lie in the padding,
  /// below 0 or beyond the map.
  std::int64_t pixel(std::int64_t number, std::int64_t tap) const {
    return number * stride - padding + tap * dilation;
  }

  /// How many windows lie along `length` pixels.
  /// Throws std::invalid_argument where none fits.
  std::int64_t count(std::int64_t length) const {
    const std::int64_t room = length + std::int64_t{2} * padding -
                              std::int64_t{dilation} * (kernel - 1) - 1;
    if (room < 0) throw std::invalid_argument("a window larger than its input");
    return room / stride + 1;
  }
};

}  // namespace zcp
