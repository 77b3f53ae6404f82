#include "nets/windows.h"

#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "nets/clones.h"

namespace zcp::nets {
namespace {

using Index = std::int64_t;

template <typename T>
struct VectorOf {
  // NOLINTNEXTLINE(modernize-use-using): an attribute that `using` loses
  typedef T type __attribute__((vector_size(32)));
};
template <typename T>
constexpr Index kLanes = 32 / sizeof(T);

template <typename V, typename T>
[[gnu::always_inline]] inline void load(const T* from, V& to) {
  std::memcpy(&to, from, sizeof(V));
}
template <typename V, typename T>
[[gnu::always_inline]] inline void store(const V& from, T* to) {
  std::memcpy(to, &from, sizeof(V));
}
// One register after the other: a whole array is zeroed in memory.
template <typename V, int count>
[[gnu::always_inline]] inline void clear(V (&sums)[count]) {
#pragma GCC unroll 4
  for (int j = 0; j < count; ++j) sums[j] = V{};
}

/// `count` registers of a target pixel. Taps are in values.
template <typename T, int count, bool weighted>
[[gnu::always_inline]] inline void sum_window(
    const T* source,
    const T* weights,
    const std::vector<Tap>& rows,
    const std::vector<Tap>& columns,
    T* target) {
  using V = typename VectorOf<T>::type;
  V sums[count];
  clear(sums);
  for (const Tap& row : rows) {
    for (const Tap& column : columns) {
      const T* x = source + row.source + column.source;
      const T* w = weighted ? weights + row.kernel + column.kernel : nullptr;
#pragma GCC unroll 4
      for (int j = 0; j < count; ++j) {
        V values;
        load(x + j * kLanes<T>, values);
        if constexpr (weighted) {
          V factors;
          load(w + j * kLanes<T>, factors);
          sums[j] += values * factors;
        } else {
          sums[j] += values;
        }
      }
    }
  }
#pragma GCC unroll 4
  for (int j = 0; j < count; ++j) store(sums[j], target + j * kLanes<T>);
}

/// The same for one value.
template <typename T, bool weighted>
[[gnu::always_inline]] inline void sum_value(
    const T* source,
    const T* weights,
    const std::vector<Tap>& rows,
    const std::vector<Tap>& columns,
    T* target) {
  T sum = 0;
  for (const Tap& row : rows) {
    for (const Tap& column : columns) {
      const T value = source[row.source + column.source];
      if constexpr (weighted) {
        sum += value * weights[row.kernel + column.kernel];
      } else {
        sum += value;
      }
    }
  }
  *target = sum;
}

template <typename T, bool weighted>
[[gnu::always_inline]] inline void
sum_all(const T* source, const T* weights, const Windows& windows, T* target) {
  constexpr Index kWide = 4 * kLanes<T>;
  const Index channels = windows.channels;
  for (const auto& row : windows.rows) {
    for (const auto& column : windows.columns) {
      Index c = 0;
      for (; c + kWide <= channels; c += kWide) {
        sum_window<T, 4, weighted>(
            source + c, weights + c, row, column, target + c);
      }
      for (; c + kLanes<T> <= channels; c += kLanes<T>) {
        sum_window<T, 1, weighted>(
            source + c, weights + c, row, column, target + c);
      }
      for (; c < channels; ++c) {
        sum_value<T, weighted>(
            source + c, weights + c, row, column, target + c);
      }
      target += channels;
    }
  }
}

/// `count` registers.
template <typename T, int count>
[[gnu::always_inline]] inline void add_register_products(
    const T* a,
    Index a_step,
    const T* b,
    Index b_step,
    Index pixels,
    double* sums) {
  using V = typename VectorOf<T>::type;
  V products[count];
  clear(products);
  for (Index i = 0; i < pixels; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < count; ++j) {
      V x;
      V y;
      load(a + i * a_step + j * kLanes<T>, x);
      load(b + i * b_step + j * kLanes<T>, y);
      products[j] += x * y;
    }
  }
  for (int j = 0; j < count; ++j) {
    for (Index lane = 0; lane < kLanes<T>; ++lane) {
      // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): cleared
      sums[j * kLanes<T> + lane] += static_cast<double>(products[j][lane]);
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

Taps window_taps(const Side& side, const Stepping& stepping) {
  Taps taps(static_cast<std::size_t>(side.target));
  for (Index target = 0; target < side.target; ++target) {
    for (Index k = 0; k < stepping.kernel; ++k) {
      const Index source = stepping.under(target, k);
      if (source < 0 || source >= side.source) continue;
      taps[static_cast<std::size_t>(target)].push_back(
          {source * side.source_step, k * side.kernel_step});
    }
  }
  return taps;
}

Taps reader_taps(const Side& side, const Stepping& stepping) {
  Taps taps(static_cast<std::size_t>(side.target));
  for (Index source = 0; source < side.source; ++source) {
    for (Index k = 0; k < stepping.kernel; ++k) {
      const Index target = stepping.under(source, k);
      if (target < 0 || target >= side.target) continue;
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

}  // namespace

Index Stepping::windows(Index length) const {
  const Index room = length + 2 * padding - dilation * (kernel - 1) - 1;
  if (room < 0) throw std::invalid_argument("a window larger than its input");
  return room / stride + 1;
}

Windows window_sums(
    const MapSize& source,
    const MapSize& target,
    const Stepping& stepping) {
  return {
      window_taps(rows_of(source, target, stepping.kernel), stepping),
      window_taps(columns_of(source, target), stepping),
      source.channels};
}

Windows reader_sums(
    const MapSize& source,
    const MapSize& target,
    const Stepping& stepping) {
  return {
      reader_taps(rows_of(source, target, stepping.kernel), stepping),
      reader_taps(columns_of(source, target), stepping),
      source.channels};
}

template <typename T>
ZCP_CLONES void
sum_windows(const T* source, const Windows& windows, T* target) {
  sum_all<T, false>(source, source, windows, target);  // reads no weights
}

template <typename T>
ZCP_CLONES void sum_weighted_windows(
    const T* source,
    const T* weights,
    const Windows& windows,
    T* target) {
  sum_all<T, true>(source, weights, windows, target);
}

template <typename T>
ZCP_CLONES void add_products(
    const T* a,
    Index a_step,
    const T* b,
    Index b_step,
    Index count,
    Index channels,
    double* sums) {
  constexpr Index kWide = 4 * kLanes<T>;
  Index c = 0;
  for (; c + kWide <= channels; c += kWide) {
    add_register_products<T, 4>(a + c, a_step, b + c, b_step, count, sums + c);
  }
  for (; c + kLanes<T> <= channels; c += kLanes<T>) {
    add_register_products<T, 1>(a + c, a_step, b + c, b_step, count, sums + c);
  }
  for (; c < channels; ++c) {
    T sum = 0;
    for (Index i = 0; i < count; ++i)
      sum += a[i * a_step + c] * b[i * b_step + c];
    sums[c] += static_cast<double>(sum);
  }
}

template void sum_windows(const float*, const Windows&, float*);
template void
sum_weighted_windows(const float*, const float*, const Windows&, float*);
template void
sum_weighted_windows(const double*, const double*, const Windows&, double*);
template void
add_products(const float*, Index, const float*, Index, Index, Index, double*);
template void
add_products(const double*, Index, const double*, Index, Index, Index, double*);

}  // namespace zcp::nets
