#include "nets/kernels/batch_norm_gradient.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "nets/kernels/channel_loops.h"

namespace zcp::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Channels = std::vector<double>;  // by channel

/// What the second derivative needs of each channel.
struct SecondTerms {
  Channels scale;
  Channels mean;
  Channels inverse;
  Channels at_scale;  // the gradient that arrives at dscale
  Channels at_shift;  // the gradient that arrives at dshift
  Channels mean_dy;
  Channels mean_dy_xhat;
  Channels mean_h;
  Channels mean_h_xhat;
  Channels mean_h_dy;
};

/// By the formulas at BatchNormGradient::backward(), whose letters they use.
SecondCoefficientsOf<Channels> second_coefficients(const SecondTerms& of) {
  const Channels empty(of.mean.size());
  SecondCoefficientsOf<Channels> found{
      of.mean, empty, empty, empty, empty, empty, empty, empty};
  for (std::size_t i = 0; i < of.mean.size(); ++i) {
    const double a = of.mean_dy[i];
    const double b = of.mean_dy_xhat[i];
    const double c = of.mean_h[i];
    const double d = of.mean_h_xhat[i];
    const double e = of.mean_h_dy[i];
    const double inverse = of.inverse[i];
    const double factor = of.scale[i] * inverse;
    const double f = factor * inverse;
    const double g = of.at_scale[i] * inverse;
    found.to_dy_of_h[i] = factor;
    found.to_dy_of_x[i] = (of.at_scale[i] - factor * d) * inverse;
    found.to_dy_term[i] = of.at_shift[i] - factor * c;
    found.to_x_of_h[i] = -f * b;
    found.to_x_of_dy[i] = g - f * d;
    found.to_x_of_x[i] = (f * (3 * b * d + a * c - e) - g * b) * inverse;
    found.to_x_term[i] = f * (b * c + a * d) - g * a;
  }
  return found;
}

/// The second derivative at scale; `n` is the number of values of a channel.
Channels second_at_scale(const SecondTerms& of, double n) {
  Channels found(of.mean.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i] = n * of.inverse[i] *
               (of.mean_h_dy[i] - of.mean_dy[i] * of.mean_h[i] -
                of.mean_dy_xhat[i] * of.mean_h_xhat[i]);
  }
  return found;
}

/// Means of sums over n values.
Channels divided(Channels sums, double n) {
  for (double& sum : sums) sum /= n;
  return sums;
}

/// As a function that can be differentiated.
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
    GradientSweeps sweeps(m, scale, mean, inverse);
    sweeps.add(dy.data_ptr<T>(), x.data_ptr<T>(), m.rows);
    sweeps.conclude();
    at::Tensor dx = at::empty_like(x);
    sweeps.combine(dy.data_ptr<T>(), x.data_ptr<T>(), m.rows, dx.data_ptr<T>());
    const at::Tensor sum = sweeps.sum();
    const at::Tensor product = sweeps.product();
    context->save_for_backward(
        {gradient, input, scale, mean, inverse, sum, product});
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
    const Matrix m = matrix_of(x);
    const SecondTerms terms = terms_of(saved, gradients, h, dy, x, m);
    const auto columns = second_coefficients(terms).mapped(
        [&](const Channels& one) { return by_column<float>(one, m); });
    at::Tensor to_dy = at::empty_like(x);
    at::Tensor to_x = at::empty_like(x);
    combine_second(
        h.data_ptr<T>(),
        dy.data_ptr<T>(),
        x.data_ptr<T>(),
        m,
        columns.mapped(
            [](const std::vector<float>& one) { return one.data(); }),
        to_dy.data_ptr<T>(),
        to_x.data_ptr<T>());
    const at::Tensor to_scale =
        channel_tensor(second_at_scale(terms, m.values()));
    return {to_dy, to_x, to_scale.to(saved[2].scalar_type()), {}, {}};
  }

 private:
  static SecondTerms terms_of(
      const variable_list& saved,
      const variable_list& gradients,
      const at::Tensor& h,
      const at::Tensor& dy,
      const at::Tensor& x,
      const Matrix& m) {
    const auto or_zeros = [&](const at::Tensor& channels) {
      return channels.defined()
                 ? channel_values(channels)
                 : Channels(static_cast<std::size_t>(m.channels), 0.0);
    };
    const Channels mean = channel_values(saved[3]);
    const Channels inverse = channel_values(saved[4]);
    Channels sums(static_cast<std::size_t>(m.columns), 0.0);
    Channels products = sums;
    Channels with_dy = sums;
    add_second_sums(
        h.data_ptr<T>(),
        dy.data_ptr<T>(),
        x.data_ptr<T>(),
        m,
        by_column<double>(mean, m).data(),
        sums.data(),
        products.data(),
        with_dy.data());
    Channels h_xhat = by_channel(products, m);
    for (std::size_t i = 0; i < h_xhat.size(); ++i) h_xhat[i] *= inverse[i];
    const double n = m.values();
    return {
        channel_values(saved[2]),
        mean,
        inverse,
        or_zeros(gradients[1]),
        or_zeros(gradients[2]),
        divided(channel_values(saved[5]), n),
        divided(channel_values(saved[6]), n),
        divided(by_channel(sums, m), n),
        divided(h_xhat, n),
        divided(by_channel(with_dy, m), n)};
  }
};

}  // namespace

Matrix matrix_of(const at::Tensor& x) {
  return matrix_of(x.numel(), x.size(1));
}

std::vector<double> channel_values(const at::Tensor& channels) {
  const at::Tensor exact = channels.detach().to(at::kDouble).contiguous();
  const auto* first = exact.data_ptr<double>();
  return {first, first + exact.numel()};
}

at::Tensor channel_tensor(const std::vector<double>& channels) {
  at::Tensor tensor = at::empty(std::ssize(channels), at::kDouble);
  std::ranges::copy(channels, tensor.data_ptr<double>());
  return tensor;
}

std::vector<double> by_channel(
    const std::vector<double>& columns,
    const Matrix& m) {
  const auto channels = static_cast<std::size_t>(m.channels);
  std::vector<double> sums(channels, 0.0);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    sums[c % channels] += columns[c];
  }
  return sums;
}

template <typename Number>
std::vector<Number> by_column(
    const std::vector<double>& channels,
    const Matrix& m) {
  std::vector<Number> columns(static_cast<std::size_t>(m.columns));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    columns[c] = static_cast<Number>(channels[c % channels.size()]);
  }
  return columns;
}

template std::vector<float> by_column(
    const std::vector<double>&,
    const Matrix&);
template std::vector<double> by_column(
    const std::vector<double>&,
    const Matrix&);

GradientSweeps::GradientSweeps(
    const Matrix& whole,
    const at::Tensor& scale,
    const at::Tensor& mean,
    const at::Tensor& inverse)
    : whole_(whole),
      scale_(channel_values(scale)),
      inverse_(channel_values(inverse)),
      mean_(by_column<double>(channel_values(mean), whole)),
      sums_(mean_.size(), 0.0),
      products_(mean_.size(), 0.0),
      centre_(mean_.begin(), mean_.end()) {}

void GradientSweeps::conclude() {
  sum_ = by_channel(sums_, whole_);
  product_ = by_channel(products_, whole_);
  std::vector<double> of_dy(sum_.size());
  std::vector<double> of_x(sum_.size());
  std::vector<double> term(sum_.size());
  const double n = whole_.values();
  for (std::size_t c = 0; c < sum_.size(); ++c) {
    product_[c] *= inverse_[c];
    of_dy[c] = scale_[c] * inverse_[c];
    of_x[c] = -of_dy[c] * inverse_[c] * product_[c] / n;
    term[c] = -of_dy[c] * sum_[c] / n;
  }
  of_dy_ = by_column<float>(of_dy, whole_);
  of_x_ = by_column<float>(of_x, whole_);
  term_ = by_column<float>(term, whole_);
}

variable_list differentiable_batch_norm_gradient(
    const at::Tensor& dy,
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& mean,
    const at::Tensor& inverse) {
  return x.scalar_type() == at::kFloat
             ? BatchNormGradient<float>::apply(dy, x, scale, mean, inverse)
             : BatchNormGradient<at::BFloat16>::apply(
                   dy, x, scale, mean, inverse);
}

}  // namespace zcp::kernels
