#include "nets/batch_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <bit>
#include <cstdint>

// One version for each family of processors, chosen when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ZCP_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ZCP_CLONES
#endif

namespace zcp::nets {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A channels-last tensor as a matrix. Rows of few channels are joined until
/// they fill vector registers: column c is channel c % channels.
struct Matrix {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t channels;
  /// Values of one channel.
  double values() const {
    return static_cast<double>(rows) * static_cast<double>(columns) /
           static_cast<double>(channels);
  }
};

Matrix matrix_of(const at::Tensor& x) {
  constexpr std::int64_t kWide = 64;
  const std::int64_t channels = x.size(1);
  const bool joined = kWide % channels == 0 && x.numel() % kWide == 0;
  const std::int64_t columns = joined ? kWide : channels;
  return {x.numel() / columns, columns, channels};
}

// The loops, for float and bfloat16. They are inlined into the versions for
// each family of processors below, where they become vector code.

inline float load(float x) {
  return x;
}
inline float load(at::BFloat16 x) {
  return std::bit_cast<float>(std::uint32_t{x.x} << 16);
}

inline void store(float value, float& out) {
  out = value;
}
/// To nearest, ties to even.
inline void store(float value, at::BFloat16& out) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  out.x = static_cast<std::uint16_t>(
      value == value ? rounded >> 16 : std::uint32_t{0x7FC0});
}

/// Sums of the values and of their squares.
template <typename T>
[[gnu::always_inline]] inline void add_moments_of(
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
[[gnu::always_inline]] inline void scale_columns_of(
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

/// Sums of the gradient and of its product with the centred input.
template <typename T>
[[gnu::always_inline]] inline void add_gradients_of(
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

/// What is the same for a whole column of the input's gradient.
struct Coefficients {
  const float* mean;
  const float* of_dy;
  const float* of_x;
  const float* term;
};

template <typename T>
[[gnu::always_inline]] inline void combine_columns_of(
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

ZCP_CLONES void
add_moments(const float* x, const Matrix& m, double* sums, double* squares) {
  add_moments_of(x, m, sums, squares);
}

ZCP_CLONES void scale_columns(
    const float* x,
    const Matrix& m,
    const float* factor,
    const float* term,
    float* y) {
  scale_columns_of(x, m, factor, term, y);
}

ZCP_CLONES void add_gradients(
    const float* dy,
    const float* x,
    const Matrix& m,
    const double* mean,
    double* sums,
    double* products) {
  add_gradients_of(dy, x, m, mean, sums, products);
}

ZCP_CLONES void combine_columns(
    const float* dy,
    const float* x,
    const Matrix& m,
    const Coefficients& k,
    float* dx) {
  combine_columns_of(dy, x, m, k, dx);
}

ZCP_CLONES void add_moments(
    const at::BFloat16* x,
    const Matrix& m,
    double* sums,
    double* squares) {
  add_moments_of(x, m, sums, squares);
}

ZCP_CLONES void scale_columns(
    const at::BFloat16* x,
    const Matrix& m,
    const float* factor,
    const float* term,
    at::BFloat16* y) {
  scale_columns_of(x, m, factor, term, y);
}

ZCP_CLONES void add_gradients(
    const at::BFloat16* dy,
    const at::BFloat16* x,
    const Matrix& m,
    const double* mean,
    double* sums,
    double* products) {
  add_gradients_of(dy, x, m, mean, sums, products);
}

ZCP_CLONES void combine_columns(
    const at::BFloat16* dy,
    const at::BFloat16* x,
    const Matrix& m,
    const Coefficients& k,
    at::BFloat16* dx) {
  combine_columns_of(dy, x, m, k, dx);
}

/// [columns] sums to [channels].
at::Tensor by_channel(const at::Tensor& columns, const Matrix& m) {
  return columns.view({-1, m.channels}).sum(0);
}

/// [channels] to [columns].
at::Tensor by_column(const at::Tensor& channels, const Matrix& m) {
  return channels.repeat({m.columns / m.channels});
}

/// Mean and 1 / sqrt(variance + epsilon) of each channel, float64.
struct Statistics {
  at::Tensor mean;
  at::Tensor inverse_deviation;
};

template <typename T>
Statistics statistics_of(const at::Tensor& x, const Matrix& m, double epsilon) {
  const at::TensorOptions real = x.options().dtype(at::kDouble);
  at::Tensor sums = at::zeros({m.columns}, real);
  at::Tensor squares = at::zeros({m.columns}, real);
  add_moments(
      x.data_ptr<T>(), m, sums.data_ptr<double>(), squares.data_ptr<double>());
  const at::Tensor mean = by_channel(sums, m) / m.values();
  // float64 leaves nine digits more than the float32 values have.
  const at::Tensor variance =
      (by_channel(squares, m) / m.values() - mean * mean).clamp_min(0);
  return {mean, (variance + epsilon).rsqrt()};
}

at::Tensor or_ones(const at::Tensor& scale, const at::Tensor& like) {
  return scale.defined() ? scale.detach().to(at::kDouble) : at::ones_like(like);
}

at::Tensor floats(const at::Tensor& channels, const Matrix& m) {
  return by_column(channels, m).to(at::kFloat);
}

template <typename T>
class BatchNorm : public torch::autograd::Function<BatchNorm<T>> {
 public:
  static at::Tensor forward(
      AutogradContext* context,
      const at::Tensor& input,
      const at::Tensor& scale,
      const at::Tensor& shift,
      double epsilon) {
    const at::Tensor x = input.contiguous(at::MemoryFormat::ChannelsLast);
    const Matrix m = matrix_of(x);
    const Statistics s = statistics_of<T>(x, m, epsilon);
    const at::Tensor factor = s.inverse_deviation * or_ones(scale, s.mean);
    at::Tensor term = -s.mean * factor;
    if (shift.defined()) term = term + shift.detach();
    at::Tensor y = at::empty_like(x);
    scale_columns(
        x.data_ptr<T>(),
        m,
        floats(factor, m).template data_ptr<float>(),
        floats(term, m).template data_ptr<float>(),
        y.data_ptr<T>());
    context->save_for_backward({input, scale, s.mean, s.inverse_deviation});
    context->saved_data["epsilon"] = epsilon;
    return y;
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    if (!gradients[0].defined()) return {{}, {}, {}, {}};
    // Only LibTorch's operator has a derivative of its own.
    if (at::GradMode::is_enabled()) {
      const auto [dx, dscale, dshift] = at::native_batch_norm_backward(
          gradients[0],
          saved[0],
          saved[1],
          {},
          {},
          saved[2].to(at::kFloat),
          saved[3].to(at::kFloat),
          true,
          context->saved_data["epsilon"].toDouble(),
          {true, saved[1].defined(), saved[1].defined()});
      return {dx, dscale, dshift, {}};
    }
    return differentiate(gradients[0], saved);
  }

 private:
  static variable_list differentiate(
      const at::Tensor& gradient,
      const variable_list& saved) {
    const auto last = at::MemoryFormat::ChannelsLast;
    const at::Tensor dy = gradient.contiguous(last);
    const at::Tensor x = saved[0].contiguous(last);
    const at::Tensor& mean = saved[2];
    const at::Tensor& inverse = saved[3];
    const Matrix m = matrix_of(x);
    at::Tensor sums = at::zeros({m.columns}, mean.options());
    at::Tensor products = at::zeros({m.columns}, mean.options());
    const at::Tensor means = by_column(mean, m);
    add_gradients(
        dy.data_ptr<T>(),
        x.data_ptr<T>(),
        m,
        means.data_ptr<double>(),
        sums.data_ptr<double>(),
        products.data_ptr<double>());
    const at::Tensor sum = by_channel(sums, m);
    const at::Tensor product = by_channel(products, m) * inverse;
    // dx = scale / deviation * (dy - mean(dy) - xhat mean(dy xhat))
    const at::Tensor factor = or_ones(saved[1], mean) * inverse;
    const at::Tensor centre = floats(mean, m);
    const at::Tensor of_dy = floats(factor, m);
    const at::Tensor of_x = floats(-factor * inverse * product / m.values(), m);
    const at::Tensor term = floats(-factor * sum / m.values(), m);
    at::Tensor dx = at::empty_like(x);
    combine_columns(
        dy.data_ptr<T>(),
        x.data_ptr<T>(),
        m,
        {centre.data_ptr<float>(),
         of_dy.data_ptr<float>(),
         of_x.data_ptr<float>(),
         term.data_ptr<float>()},
        dx.data_ptr<T>());
    if (!saved[1].defined()) return {dx, {}, {}, {}};
    const auto type = saved[1].scalar_type();
    return {dx, product.to(type), sum.to(type), {}};
  }
};

}  // namespace

at::Tensor batch_norm_of_batch(
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& shift,
    double epsilon) {
  if (x.device().is_cpu() && x.dim() == 4) {
    if (x.scalar_type() == at::kFloat) {
      return BatchNorm<float>::apply(x, scale, shift, epsilon);
    }
    if (x.scalar_type() == at::kBFloat16) {
      return BatchNorm<at::BFloat16>::apply(x, scale, shift, epsilon);
    }
  }
  constexpr double kUnused = 0.1;  // momentum: nothing keeps running statistics
  return at::batch_norm(x, scale, shift, {}, {}, true, kUnused, epsilon, false);
}

}  // namespace zcp::nets
