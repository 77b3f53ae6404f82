// Sums over sliding windows of channels-last images: what average pools and
// depthwise convolutions compute. Vector code for each family of processors,
// chosen when the program starts. No LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "common/window.h"

namespace zcp::kernels {

/// Sizes of one image [row][column][channel].
struct MapSize {
  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;
};

/// One row (or column) that a target row (or column) reads: where it begins in
/// the source, and where the row (or column) of the kernel that lies on it
/// begins in the weights. Both in values from the start of the image.
struct Tap {
  std::int64_t source;
  std::int64_t kernel;
};

/// By target row or column; sources ascend.
using Taps = std::vector<std::vector<Tap>>;

/// Neighbouring target columns whose taps are the same but for where they lie:
/// those of the next column are `step` values further in the source.
struct ColumnRun {
  std::int64_t first;
  std::int64_t count;
  std::int64_t step;
};

/// Which pixels of a source image each pixel of a target image sums: those at
/// the crossings of its row's and its column's taps.
struct WindowSums {
  Taps rows;
  Taps columns;
  std::vector<ColumnRun> runs;  ///< of all columns, in their order
  std::int64_t channels;
};

/// Each target pixel sums its window on the source, as an output of a pool or a
/// convolution does. Both maps have the same channels.
WindowSums sums_of_windows(
    const MapSize& source,
    const MapSize& target,
    const Window& window);

/// The transposed, for gradients: each source pixel stands for a window on the
/// target, and a target pixel sums the windows that it lies in.
WindowSums sums_of_readers(
    const MapSize& source,
    const MapSize& target,
    const Window& window);

/// Computes the sums of one image; a target pixel that reads nothing becomes 0.
/// Source and target are maps of the sizes that `sums` was made for. For float.
template <typename T>
void sum_windows(const T* source, const WindowSums& sums, T* target);

/// The same of source times weights [kernel row][kernel column][channel]. For
/// float and double, as add_products().
template <typename T>
void sum_weighted_windows(
    const T* source,
    const T* weights,
    const WindowSums& sums,
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
