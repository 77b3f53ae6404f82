#include "nets/kernels/channel_loops.h"

#include <bit>

#include "nets/kernels/processor_versions.h"

namespace zcp::kernels {
namespace {

inline float load(float x) {
  return x;
}
inline float load(c10::BFloat16 x) {
  return std::bit_cast<float>(std::uint32_t{x.x} << 16);
}

inline void store(float value, float& out) {
  out = value;
}
/// To nearest, ties to even.
inline void store(float value, c10::BFloat16& out) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  out.x = static_cast<std::uint16_t>(
      value == value ? rounded >> 16 : std::uint32_t{0x7FC0});
}

/// The number that is left of `value` in a T.
template <typename T>
inline float rounded(float value) {
  T held;
  store(value, held);
  return load(held);
}

}  // namespace

Matrix matrix_of(std::int64_t values, std::int64_t channels) {
  constexpr std::int64_t kWide = 64;  // columns that fill registers
  const bool several = kWide % channels == 0 && values % kWide == 0;
  const std::int64_t columns = several ? kWide : channels;
  return {values / columns, columns, channels};
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void add_moments(
    const T* x,
    const Matrix& m,
    double* __restrict sums,
    double* __restrict squares) {
  for (std::int64_t r = 0; r < m.rows; ++r, x += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const auto value = static_cast<double>(load(x[c]));
      sums[c] += value;
      squares[c] += value * value;
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void
add_column_sums(const T* x, const Matrix& m, double* __restrict sums) {
  for (std::int64_t r = 0; r < m.rows; ++r, x += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      sums[c] += static_cast<double>(load(x[c]));
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void add_centred_squares(
    const T* x,
    const Matrix& m,
    const float* centre,
    double* __restrict squares) {
  for (std::int64_t r = 0; r < m.rows; ++r, x += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const float centred = load(x[c]) - centre[c];
      squares[c] += static_cast<double>(centred * centred);
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void scale_columns(
    const T* x,
    const Matrix& m,
    const float* factor,
    const float* term,
    T* __restrict y) {
  for (std::int64_t r = 0; r < m.rows; ++r, x += m.columns, y += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      store(load(x[c]) * factor[c] + term[c], y[c]);
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void add_scaled_columns(
    const T* x,
    const Matrix& m,
    const float* factor,
    const float* term,
    T* __restrict y) {
  for (std::int64_t r = 0; r < m.rows; ++r, x += m.columns, y += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const float scaled = rounded<T>(load(x[c]) * factor[c] + term[c]);
      store(load(y[c]) + scaled, y[c]);
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void add_gradients(
    const T* dy,
    const T* x,
    const Matrix& m,
    const double* mean,
    double* __restrict sums,
    double* __restrict products) {
  for (std::int64_t r = 0; r < m.rows; ++r, x += m.columns, dy += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const auto g = static_cast<double>(load(dy[c]));
      sums[c] += g;
      products[c] += g * (static_cast<double>(load(x[c])) - mean[c]);
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void combine_columns(
    const T* dy,
    const T* x,
    const Matrix& m,
    const Coefficients& k,
    T* __restrict dx) {
  for (std::int64_t r = 0; r < m.rows;
       ++r, x += m.columns, dy += m.columns, dx += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const float from_x = (load(x[c]) - k.mean[c]) * k.of_x[c];
      store(load(dy[c]) * k.of_dy[c] + from_x + k.term[c], dx[c]);
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void add_second_sums(
    const T* h,
    const T* dy,
    const T* x,
    const Matrix& m,
    const double* mean,
    double* __restrict sums,
    double* __restrict products,
    double* __restrict with_dy) {
  for (std::int64_t r = 0; r < m.rows;
       ++r, x += m.columns, dy += m.columns, h += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const auto value = static_cast<double>(load(h[c]));
      sums[c] += value;
      products[c] += value * (static_cast<double>(load(x[c])) - mean[c]);
      with_dy[c] += value * static_cast<double>(load(dy[c]));
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void combine_second(
    const T* h,
    const T* dy,
    const T* x,
    const Matrix& m,
    const SecondCoefficients& k,
    T* __restrict to_dy,
    T* __restrict to_x) {
  for (std::int64_t r = 0; r < m.rows; ++r,
                    h += m.columns,
                    dy += m.columns,
                    x += m.columns,
                    to_dy += m.columns,
                    to_x += m.columns) {
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const float centred = load(x[c]) - k.mean[c];
      const float own = load(h[c]);
      store(
          own * k.to_dy_of_h[c] + centred * k.to_dy_of_x[c] + k.to_dy_term[c],
          to_dy[c]);
      store(
          own * k.to_x_of_h[c] + load(dy[c]) * k.to_x_of_dy[c] +
              centred * k.to_x_of_x[c] + k.to_x_term[c],
          to_x[c]);
    }
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void
add_values(const T* a, const T* b, std::int64_t count, T* y) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) store(load(a[i]) + load(b[i]), y[i]);
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void
divide_values(const T* x, float divisor, std::int64_t count, T* y) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) store(load(x[i]) / divisor, y[i]);
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void rectify(std::int64_t count, T* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = load(y[i]);
    store(value < 0 ? 0.0F : value, y[i]);
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void
mask_gradient(const T* y, const T* dy, std::int64_t count, T* dx) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    store(load(y[i]) <= 0 ? 0.0F : load(dy[i]), dx[i]);
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void clip(std::int64_t count, float ceiling, T* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = load(y[i]);
    const float above = value < 0 ? 0.0F : value;
    store(above > ceiling ? ceiling : above, y[i]);
  }
}

template <typename T>
ZCP_PROCESSOR_VERSIONS void mask_clipped_gradient(
    const T* y,
    const T* dy,
    std::int64_t count,
    float ceiling,
    T* dx) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = load(y[i]);
    const float inner = value <= 0 ? 0.0F : load(dy[i]);
    store(value >= ceiling ? 0.0F : inner, dx[i]);
  }
}

// For the types that nets/kernels/channel_loops.h names.
template void add_moments(const float*, const Matrix&, double*, double*);
template void add_column_sums(const float*, const Matrix&, double*);
template void
add_centred_squares(const float*, const Matrix&, const float*, double*);
template void
scale_columns(const float*, const Matrix&, const float*, const float*, float*);
template void add_scaled_columns(
    const float*,
    const Matrix&,
    const float*,
    const float*,
    float*);
template void add_gradients(
    const float*,
    const float*,
    const Matrix&,
    const double*,
    double*,
    double*);
template void combine_columns(
    const float*,
    const float*,
    const Matrix&,
    const Coefficients&,
    float*);
template void add_second_sums(
    const float*,
    const float*,
    const float*,
    const Matrix&,
    const double*,
    double*,
    double*,
    double*);
template void combine_second(
    const float*,
    const float*,
    const float*,
    const Matrix&,
    const SecondCoefficients&,
    float*,
    float*);
template void add_values(const float*, const float*, std::int64_t, float*);
template void divide_values(const float*, float, std::int64_t, float*);
template void rectify(std::int64_t, float*);
template void mask_gradient(const float*, const float*, std::int64_t, float*);
template void clip(std::int64_t, float, float*);
template void
mask_clipped_gradient(const float*, const float*, std::int64_t, float, float*);
template void
add_moments(const c10::BFloat16*, const Matrix&, double*, double*);
template void scale_columns(
    const c10::BFloat16*,
    const Matrix&,
    const float*,
    const float*,
    c10::BFloat16*);
template void add_scaled_columns(
    const c10::BFloat16*,
    const Matrix&,
    const float*,
    const float*,
    c10::BFloat16*);
template void add_gradients(
    const c10::BFloat16*,
    const c10::BFloat16*,
    const Matrix&,
    const double*,
    double*,
    double*);
template void combine_columns(
    const c10::BFloat16*,
    const c10::BFloat16*,
    const Matrix&,
    const Coefficients&,
    c10::BFloat16*);
template void add_second_sums(
    const c10::BFloat16*,
    const c10::BFloat16*,
    const c10::BFloat16*,
    const Matrix&,
    const double*,
    double*,
    double*,
    double*);
template void combine_second(
    const c10::BFloat16*,
    const c10::BFloat16*,
    const c10::BFloat16*,
    const Matrix&,
    const SecondCoefficients&,
    c10::BFloat16*,
    c10::BFloat16*);
template void add_values(
    const c10::BFloat16*,
    const c10::BFloat16*,
    std::int64_t,
    c10::BFloat16*);
template void rectify(std::int64_t, c10::BFloat16*);
template void mask_gradient(
    const c10::BFloat16*,
    const c10::BFloat16*,
    std::int64_t,
    c10::BFloat16*);
template void clip(std::int64_t, float, c10::BFloat16*);
template void mask_clipped_gradient(
    const c10::BFloat16*,
    const c10::BFloat16*,
    std::int64_t,
    float,
    c10::BFloat16*);

}  // namespace zcp::kernels
