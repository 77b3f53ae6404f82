#include "nets/batch_norm_gradient.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "nets/columns.h"

namespace zcp::nets {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// [columns] sums to [channels].
at::Tensor summed(const at::Tensor& columns, const Matrix& m) {
  return columns.view({-1, m.channels}).sum(0);
}

/// [channels] to [columns].
at::Tensor repeated(const at::Tensor& channels, const Matrix& m) {
  return channels.repeat({m.columns / m.channels});
}

at::Tensor floats(const at::Tensor& channels, const Matrix& m) {
  return repeated(channels, m).to(at::kFloat);
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
    const at::Tensor& mean = saved[3];
    const at::Tensor& inverse = saved[4];
    const Matrix m = matrix_of(x);
    const double n = m.values();
    at::Tensor sums = at::zeros({3, m.columns}, mean.options());
    const at::Tensor means = repeated(mean, m);
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
        summed(sums[0], m) / n,
        summed(sums[1], m) * inverse / n,
        summed(sums[2], m) / n};
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

}  // namespace zcp::nets
