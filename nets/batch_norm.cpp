#include "nets/batch_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <bit>
#include <cstdint>
#include <stdexcept>
#include <vector>

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

/// Sums of h, of h (x - mean) and of h dy.
template <typename T>
[[gnu::always_inline]] inline void add_second_sums_of(
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

/// Of the second derivative, what is the same for a whole column.
struct SecondCoefficients {
  const float* mean;
  const float* to_dy_of_h;
  const float* to_dy_of_x;
  const float* to_dy_term;
  const float* to_x_of_h;
  const float* to_x_of_dy;
  const float* to_x_of_x;
  const float* to_x_term;
};

template <typename T>
[[gnu::always_inline]] inline void combine_second_of(
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

ZCP_CLONES void add_second_sums(
    const float* h,
    const float* dy,
    const float* x,
    const Matrix& m,
    const double* mean,
    double* sums,
    double* products,
    double* with_dy) {
  add_second_sums_of(h, dy, x, m, mean, sums, products, with_dy);
}

ZCP_CLONES void combine_second(
    const float* h,
    const float* dy,
    const float* x,
    const Matrix& m,
    const SecondCoefficients& k,
    float* to_dy,
    float* to_x) {
  combine_second_of(h, dy, x, m, k, to_dy, to_x);
}

ZCP_CLONES void add_second_sums(
    const at::BFloat16* h,
    const at::BFloat16* dy,
    const at::BFloat16* x,
    const Matrix& m,
    const double* mean,
    double* sums,
    double* products,
    double* with_dy) {
  add_second_sums_of(h, dy, x, m, mean, sums, products, with_dy);
}

ZCP_CLONES void combine_second(
    const at::BFloat16* h,
    const at::BFloat16* dy,
    const at::BFloat16* x,
    const Matrix& m,
    const SecondCoefficients& k,
    at::BFloat16* to_dy,
    at::BFloat16* to_x) {
  combine_second_of(h, dy, x, m, k, to_dy, to_x);
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
  at::Tensor variance;  ///< divided by the number of values
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
  return {mean, (variance + epsilon).rsqrt(), variance};
}

/// A single value has no spread of its own.
double unbiased_factor(double values) {
  return values > 1 ? values / (values - 1) : 1;
}

at::Tensor floats(const at::Tensor& channels, const Matrix& m) {
  return by_column(channels, m).to(at::kFloat);
}

/// The gradients of BatchNorm as a function of their own: (dy, x, scale) to
/// (dx, dscale, dshift). `mean` and `inverse`, which are functions of x, are
/// given to it; their part is in the derivative by x.
template <typename T>
class BatchNormGradient
    : public torch::autograd::Function<BatchNormGradient<T>> {
 public:
  static variable_list forward(
      AutogradContext* context,
      const at::Tensor& gradient,
      const at::Tensor& input,
      const at::Tensor& scale,
      const at::Tensor& mean,
      const at::Tensor& inverse) {
    const auto last = at::MemoryFormat::ChannelsLast;
    const at::Tensor dy = gradient.contiguous(last);
    const at::Tensor x = input.contiguous(last);
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
    const at::Tensor factor = scale.detach() * inverse;
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
    if (context != nullptr) {
      context->save_for_backward(
          {gradient, input, scale, mean, inverse, sum, product});
    }
    const auto type = scale.scalar_type();
    return {dx, product.to(type), sum.to(type)};
  }

  /// With h, g, k the gradients at dx, dscale and dshift, xhat = (x - mean) /
  /// deviation, and a, b, c, d, e the means of dy, dy xhat, h, h xhat, h dy:
  ///   at dy:    scale / deviation (h - c - xhat d) + g xhat + k
  ///   at x:     scale / deviation^2 ((3 b d + a c - e) xhat - b (h - c)
  ///             - d (dy - a)) + g / deviation (dy - a - xhat b)
  ///   at scale: n / deviation (e - a c - b d)
  static variable_list backward(
      AutogradContext* context,
      variable_list gradients) {
    const auto last = at::MemoryFormat::ChannelsLast;
    const variable_list saved = context->get_saved_variables();
    if (at::GradMode::is_enabled()) {
      throw std::logic_error("BatchNorm has no third derivative");
    }
    const at::Tensor dy = saved[0].contiguous(last);
    const at::Tensor x = saved[1].contiguous(last);
    const at::Tensor h = gradients[0].defined() ? gradients[0].contiguous(last)
                                                : at::zeros_like(x);
    const at::Tensor& mean = saved[3];
    const at::Tensor& inverse = saved[4];
    const Matrix m = matrix_of(x);
    const double n = m.values();
    at::Tensor sums = at::zeros({3, m.columns}, mean.options());
    const at::Tensor means = by_column(mean, m);
    add_second_sums(
        h.data_ptr<T>(),
        dy.data_ptr<T>(),
        x.data_ptr<T>(),
        m,
        means.data_ptr<double>(),
        sums[0].data_ptr<double>(),
        sums[1].data_ptr<double>(),
        sums[2].data_ptr<double>());
    const auto real = [&](const at::Tensor& channels) {
      return channels.defined() ? channels.to(at::kDouble)
                                : at::zeros_like(mean);
    };
    const Means means_of{
        saved[5] / n,
        saved[6] / n,
        by_channel(sums[0], m) / n,
        by_channel(sums[1], m) * inverse / n,
        by_channel(sums[2], m) / n};
    const std::vector<at::Tensor> columns = second_columns(
        means_of, saved, real(gradients[1]), real(gradients[2]), m);
    const auto at_column = [&](std::size_t i) {
      return columns[i].data_ptr<float>();
    };
    at::Tensor to_dy = at::empty_like(x);
    at::Tensor to_x = at::empty_like(x);
    combine_second(
        h.data_ptr<T>(),
        dy.data_ptr<T>(),
        x.data_ptr<T>(),
        m,
        {at_column(0),
         at_column(1),
         at_column(2),
         at_column(3),
         at_column(4),
         at_column(5),
         at_column(6),
         at_column(7)},
        to_dy.data_ptr<T>(),
        to_x.data_ptr<T>());
    const at::Tensor to_scale =
        n * inverse *
        (means_of.e - means_of.a * means_of.c - means_of.b * means_of.d);
    return {to_dy, to_x, to_scale.to(saved[2].scalar_type()), {}, {}};
  }

 private:
  /// Of dy, dy xhat, h, h xhat and h dy.
  struct Means {
    at::Tensor a;
    at::Tensor b;
    at::Tensor c;
    at::Tensor d;
    at::Tensor e;
  };

  /// The members of SecondCoefficients in their order, of the formulas above.
  static std::vector<at::Tensor> second_columns(
      const Means& of,
      const variable_list& saved,
      const at::Tensor& g,
      const at::Tensor& k,
      const Matrix& m) {
    const auto& [a, b, c, d, e] = of;
    const at::Tensor& mean = saved[3];
    const at::Tensor& inverse = saved[4];
    const at::Tensor factor = saved[2].to(at::kDouble) * inverse;
    const at::Tensor f = factor * inverse;
    return {
        floats(mean, m),
        floats(factor, m),
        floats((g - factor * d) * inverse, m),
        floats(k - factor * c, m),
        floats(-f * b, m),
        floats(g * inverse - f * d, m),
        floats((f * (3 * b * d + a * c - e) - g * inverse * b) * inverse, m),
        floats(f * (b * c + a * d) - g * inverse * a, m)};
  }
};

template <typename T>
class BatchNorm : public torch::autograd::Function<BatchNorm<T>> {
 public:
  static at::Tensor forward(
      AutogradContext* context,
      const at::Tensor& input,
      const at::Tensor& scale,
      const at::Tensor& shift,
      double epsilon,
      BatchMoments* moments) {
    const at::Tensor x = input.contiguous(at::MemoryFormat::ChannelsLast);
    const Matrix m = matrix_of(x);
    const Statistics s = statistics_of<T>(x, m, epsilon);
    if (moments != nullptr) {
      *moments = {s.mean, s.variance * unbiased_factor(m.values())};
    }
    const at::Tensor factor = s.inverse_deviation * scale.detach();
    const at::Tensor term = shift.detach() - s.mean * factor;
    at::Tensor y = at::empty_like(x);
    scale_columns(
        x.data_ptr<T>(),
        m,
        floats(factor, m).template data_ptr<float>(),
        floats(term, m).template data_ptr<float>(),
        y.data_ptr<T>());
    context->save_for_backward({input, scale, s.mean, s.inverse_deviation});
    return y;
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    if (!gradients[0].defined()) return {{}, {}, {}, {}, {}};
    const variable_list first =
        at::GradMode::is_enabled()
            ? BatchNormGradient<T>::apply(
                  gradients[0], saved[0], saved[1], saved[2], saved[3])
            : BatchNormGradient<T>::forward(
                  nullptr,
                  gradients[0],
                  saved[0],
                  saved[1],
                  saved[2],
                  saved[3]);
    return {first[0], first[1], first[2], {}, {}};
  }
};

BatchMoments moments_of(const at::Tensor& x) {
  const at::Tensor values = x.transpose(0, 1).flatten(1).to(at::kDouble);
  const at::Tensor mean = values.mean(1);
  const auto count = static_cast<double>(values.size(1));
  return {
      mean,
      (values - mean.unsqueeze(1)).square().mean(1) * unbiased_factor(count)};
}

}  // namespace

at::Tensor batch_norm_of_batch(
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& shift,
    double epsilon,
    BatchMoments* moments) {
  if (x.device().is_cpu() && x.dim() == 4) {
    // LibTorch 1.13 takes no undefined tensors here.
    const std::vector<std::int64_t> channels{x.size(1)};
    const at::Tensor factor =
        scale.defined() ? scale : at::ones(channels, x.options());
    const at::Tensor term =
        shift.defined() ? shift : at::zeros(channels, x.options());
    if (x.scalar_type() == at::kFloat) {
      return BatchNorm<float>::apply(x, factor, term, epsilon, moments);
    }
    if (x.scalar_type() == at::kBFloat16) {
      return BatchNorm<at::BFloat16>::apply(x, factor, term, epsilon, moments);
    }
  }
  if (moments != nullptr) *moments = moments_of(x.detach());
  constexpr double kUnused = 0.1;  // momentum: LibTorch keeps no statistics
  return at::batch_norm(x, scale, shift, {}, {}, true, kUnused, epsilon, false);
}

}  // namespace zcp::nets
