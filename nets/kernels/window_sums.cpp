#include "nets/kernels/window_sums.h"

#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "nets/kernels/processor_versions.h"

namespace zcp::kernels {
namespace {

using Index = std::int64_t;

/// Vectors of T: a register of AVX-512 or two of AVX2, and one of AVX2.
template <typename T>
struct VectorOf {
  // NOLINTBEGIN(modernize-use-using): an attribute that `using` loses
  typedef T wide __attribute__((vector_size(64)));
  typedef T type __attribute__((vector_size(32)));
  // NOLINTEND(modernize-use-using)
};

/// How many numbers of type T a V holds: V is T itself or a vector of T.
template <typename V, typename T>
constexpr Index kLanes = sizeof(V) / sizeof(T);

template <typename V, typename T>
[[gnu::always_inline]] inline void load(const T* from, V& to) {
  std::memcpy(&to, from, sizeof(V));
}
template <typename V, typename T>
[[gnu::always_inline]] inline void store(const V& from, T* to) {
  std::memcpy(to, &from, sizeof(V));
}
// Cleared one after the other, so that they stay in registers: clearing the
// array as a whole would go through memory.
template <typename V, int count>
[[gnu::always_inline]] inline void clear(V (&sums)[count]) {
#pragma GCC unroll 6
  for (int j = 0; j < count; ++j) sums[j] = V{};
}

/// Target pixels that are summed at once; their sums stay in registers.
constexpr int kPixels = 6;

/// The sums of target pixels side by side for one register of type V: those of
/// the next pixel read what lies `step` values further.
template <typename V, int pixels, bool weighted, typename T>
[[gnu::always_inline]] inline void sum_channels(
    const T* source,
    const T* weights,
    const std::vector<Tap>& rows,
    const std::vector<Tap>& columns,
    Index step,
    T* target,
    Index channels) {
  V sums[pixels];
  clear(sums);
  for (const Tap& row : rows) {
    for (const Tap& column : columns) {
      const T* x = source + row.source + column.source;
      V factors{};
      if constexpr (weighted) {
        load(weights + row.kernel + column.kernel, factors);
      }
#pragma GCC unroll 6
      for (int j = 0; j < pixels; ++j) {
        V values;
        load(x + j * step, values);
        if constexpr (weighted) {
          sums[j] += values * factors;
        } else {
          sums[j] += values;
        }
      }
    }
  }
#pragma GCC unroll 6
  for (int j = 0; j < pixels; ++j) store(sums[j], target + j * channels);
}

/// All channels of so many target pixels from column `first` on.
template <int pixels, bool weighted, typename T>
[[gnu::always_inline]] inline void sum_pixels(
    const T* source,
    const T* weights,
    const WindowSums& sums,
    const std::vector<Tap>& row,
    Index first,
    Index step,
    T* target) {
  using V = typename VectorOf<T>::type;
  using Wide = typename VectorOf<T>::wide;
  const auto& column = sums.columns[static_cast<std::size_t>(first)];
  const Index channels = sums.channels;
  Index c = 0;
  for (; c + kLanes<Wide, T> <= channels; c += kLanes<Wide, T>) {
    sum_channels<Wide, pixels, weighted>(
        source + c, weights + c, row, column, step, target + c, channels);
  }
  for (; c + kLanes<V, T> <= channels; c += kLanes<V, T>) {
    sum_channels<V, pixels, weighted>(
        source + c, weights + c, row, column, step, target + c, channels);
  }
  for (; c < channels; ++c) {
    sum_channels<T, pixels, weighted>(
        source + c, weights + c, row, column, step, target + c, channels);
  }
}

template <typename T, bool weighted>
[[gnu::always_inline]] inline void
sum_all(const T* source, const T* weights, const WindowSums& sums, T* target) {
  const Index channels = sums.channels;
  for (const auto& row : sums.rows) {
    for (const ColumnRun& run : sums.runs) {
      const Index end = run.first + run.count;
      Index at = run.first;
      for (; at + kPixels <= end; at += kPixels) {
        sum_pixels<kPixels, weighted>(
            source, weights, sums, row, at, run.step, target);
        target += kPixels * channels;
      }
      for (; at < end; ++at) {
        sum_pixels<1, weighted>(
            source, weights, sums, row, at, run.step, target);
        target += channels;
      }
    }
  }
}

/// `count` pixels of each of two images; the next pixel lies `a_step` or
/// `b_step` values further.
template <typename T>
struct Pixels {
  const T* a;
  Index a_step;
  const T* b;
  Index b_step;
  Index count;
};

/// Adds the sums of products of as many channels as `registers` registers of
/// type V hold, from channel c on.
template <typename V, int registers, typename T>
[[gnu::always_inline]] inline void
add_products(const Pixels<T>& pixels, Index c, double* sums) {
  constexpr Index lanes = kLanes<V, T>;
  V products[registers];
  clear(products);
  for (Index i = 0; i < pixels.count; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < registers; ++j) {
      V x;
      V y;
      load(pixels.a + i * pixels.a_step + c + j * lanes, x);
      load(pixels.b + i * pixels.b_step + c + j * lanes, y);
      products[j] += x * y;
    }
  }
  for (int j = 0; j < registers; ++j) {
    T values[lanes];
    store(products[j], values);
    for (Index lane = 0; lane < lanes; ++lane) {
      sums[c + j * lanes + lane] += static_cast<double>(values[lane]);
    }
  }
}

/// One side of the maps: rows, or columns.
struct Side {
  Index source;       // pixels
  Index target;       // pixels
  Index source_step;  // values from one pixel to the next
  Index kernel_step;
};

/// Which of the two maps the windows lie on.
enum class WindowsOn : std::uint8_t { source, target };

Taps taps_of(const Side& side, const Window& window, WindowsOn on) {
  const bool on_source = on == WindowsOn::source;
  const Index windows = on_source ? side.target : side.source;
  const Index pixels = on_source ? side.source : side.target;
  Taps taps(static_cast<std::size_t>(side.target));
  for (Index number = 0; number < windows; ++number) {
    for (Index k = 0; k < window.kernel; ++k) {
      const Index pixel = window.pixel(number, k);
      if (pixel < 0 || pixel >= pixels) continue;
      const Index source = on_source ? pixel : number;
      const Index target = on_source ? number : pixel;
      taps[static_cast<std::size_t>(target)].push_back(
          {source * side.source_step, k * side.kernel_step});
    }
  }
  return taps;
}

Side rows_of(const MapSize& source, const MapSize& target, Index kernel) {
  const Index channels = source.channels;
  return {
      source.height, target.height, source.width * channels, kernel * channels};
}

Side columns_of(const MapSize& source, const MapSize& target) {
  return {source.width, target.width, source.channels, source.channels};
}

/// How far the taps of `next` lie behind those of `column`; none where they
/// are not the same otherwise.
std::optional<Index> step_between(
    const std::vector<Tap>& column,
    const std::vector<Tap>& next) {
  if (column.empty() || column.size() != next.size()) return std::nullopt;
  const Index step = next[0].source - column[0].source;
  for (std::size_t k = 0; k < column.size(); ++k) {
    if (next[k].kernel != column[k].kernel ||
        next[k].source - column[k].source != step) {
      return std::nullopt;
    }
  }
  return step;
}

std::vector<ColumnRun> runs_of(const Taps& columns) {
  std::vector<ColumnRun> runs;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto step =
        i > 0 ? step_between(columns[i - 1], columns[i]) : std::nullopt;
    const bool goes_on =
        step && (runs.back().count == 1 || runs.back().step == *step);
    if (!goes_on) {
      runs.push_back({static_cast<Index>(i), 1, 0});
    } else {
      runs.back().step = *step;
      ++runs.back().count;
    }
  }
  return runs;
}

WindowSums sums_of(
    const MapSize& source,
    const MapSize& target,
    const Window& window,
    WindowsOn on) {
  Taps columns = taps_of(columns_of(source, target), window, on);
  std::vector<ColumnRun> runs = runs_of(columns);
  return {
      taps_of(rows_of(source, target, window.kernel), window, on),
      std::move(columns),
      std::move(runs),
      source.channels};
}

}  // namespace

WindowSums sums_of_windows(
    const MapSize& source,
    const MapSize& target,
    const Window& window) {
  return sums_of(source, target, window, WindowsOn::source);
}

WindowSums sums_of_readers(
    const MapSize& source,
    const MapSize& target,
    const Window& window) {
  return sums_of(source, target, window, WindowsOn::target);
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void
sum_windows(const T* source, const WindowSums& sums, T* target) {
  sum_all<T, false>(source, source, sums, target);  // reads no weights
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void sum_weighted_windows(
    const T* source,
    const T* weights,
    const WindowSums& sums,
    T* target) {
  sum_all<T, true>(source, weights, sums, target);
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void add_products(
    const T* a,
    Index a_step,
    const T* b,
    Index b_step,
    Index count,
    Index channels,
    double* sums) {
  using V = typename VectorOf<T>::type;
  constexpr Index lanes = kLanes<V, T>;
  const Pixels<T> pixels{a, a_step, b, b_step, count};
  Index c = 0;
  for (; c + 4 * lanes <= channels; c += 4 * lanes) {
    add_products<V, 4>(pixels, c, sums);
  }
  for (; c + lanes <= channels; c += lanes) add_products<V, 1>(pixels, c, sums);
  for (; c < channels; ++c) add_products<T, 1>(pixels, c, sums);
}

template void sum_windows(const float*, const WindowSums&, float*);
template void
sum_weighted_windows(const float*, const float*, const WindowSums&, float*);
template void
sum_weighted_windows(const double*, const double*, const WindowSums&, double*);
template void
add_products(const float*, Index, const float*, Index, Index, Index, double*);
template void
add_products(const double*, Index, const double*, Index, Index, Index, double*);

}  // namespace zcp::kernels
