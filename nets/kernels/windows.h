// Sums over the windows of channels-last images: what pools and depthwise
// convolutions do. Vector code for each family of processors, chosen when the
// program starts. No LibTorch.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace zcp::kernels {

/// How square windows lie on a map, in pixels: padding >= 0, all else >= 1.
struct Stepping {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;

  /// The row or column under tap k of window w; may lie outside.
  std::int64_t under(std::int64_t w, std::int64_t k) const {
    return w * stride - padding + k * dilation;
  }
  /// How many windows lie along `length` pixels. Throws std::invalid_argument
  /// where none fits.
  std::int64_t windows(std::int64_t length) const {
    const std::int64_t room =
        length + 2 * padding - dilation * (kernel - 1) - 1;
    if (room < 0) throw std::invalid_argument("a window larger than its input");
    return room / stride + 1;
  }
};

/// Sizes of one image [row][column][channel].
struct MapSize {
  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;
};

/// Where a target row or column finds a row or column of the source, and that
/// of the kernel which lies on it: steps from the start, in values.
struct Tap {
  std::int64_t source;
  std::int64_t kernel;
};

/// By target row or column; sources ascend.
using Taps = std::vector<std::vector<Tap>>;

/// What each target pixel of an image is summed from.
struct Windows {
  Taps rows;
  Taps columns;
  std::int64_t channels;
};

/// Each target reads its window on the source. Both maps have the same
/// channels.
Windows window_sums(
    const MapSize& source,
    const MapSize& target,
    const Stepping& stepping);

/// The transposed, for gradients: each source pixel stands for a window on the
/// target, and a target reads those windows that it lies in. `stepping` is that
/// of the windows.
Windows reader_sums(
    const MapSize& source,
    const MapSize& target,
    const Stepping& stepping);

/// Each target becomes the sum of what it reads, row by row; 0 where that is
/// nothing. Of one image: source and target are two maps of the sizes that the
/// windows were made for. For float.
template <typename T>
void sum_windows(const T* source, const Windows& windows, T* target);

/// The same of source times weight [kernel row][kernel column][channel]. For
/// float and double, as add_products().
template <typename T>
void sum_weighted_windows(
    const T* source,
    const T* weights,
    const Windows& windows,
    T* target);

/// Adds to `sums` [channel] the sum, in T, of the products of `count` pixels of
/// a and b, which lie `a_step` and `b_step` values apart.
template <typename T>
void add_products(
    const T* a,
    std::int64_t a_step,
    const T* b,
    std::int64_t b_step,
    std::int64_t count,
    std::int64_t channels,
    double* sums);

}  // namespace zcp::kernels
