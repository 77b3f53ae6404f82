#include "nets/kernels/batch_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/missing.h"
#include "nets/kernels/batch_norm_gradient.h"
#include "nets/kernels/channel_loops.h"
#include "nets/kernels/channels_last.h"
#include "nets/kernels/device_sum.h"

namespace zcp::kernels {
namespace {

constexpr double kUnusedMomentum = 0.1;  // LibTorch keeps no statistics

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A single value has no spread of its own.
double unbiased_factor(double values) {
  return values > 1 ? values / (values - 1) : 1;
}

/// Laid out like the result of an elementwise operator of LibTorch on `x`.
/// Strides tell a convolution in which layout to run, also where one pixel or
/// one channel leaves both layouts the same memory.
at::Tensor empty_elementwise(const at::Tensor& x) {
  return x.is_contiguous() ? at::empty(x.sizes(), x.options())
                           : at::empty_like(x);
}

/// Calls use(first row, number of rows) for parts that stay in the first-level
/// cache while several loops go over them.
template <typename Use>
void in_parts(const Matrix& m, const Use& use) {
  constexpr std::int64_t kValues = 2048;
  const std::int64_t step = std::max<std::int64_t>(1, kValues / m.columns);
  for (std::int64_t row = 0; row < m.rows; row += step) {
    use(row, std::min(step, m.rows - row));
  }
}

/// The statistics of one BatchNorm over a batch.
struct Statistics {
  std::vector<double> mean;      // by channel
  std::vector<double> inverse;   // by channel: 1 / sqrt(variance + epsilon)
  std::vector<double> variance;  // by channel, divided by the number of values
};

template <typename T>
Statistics statistics_of(const T* x, const Matrix& m, double epsilon) {
  std::vector<double> sums(static_cast<std::size_t>(m.columns), 0.0);
  std::vector<double> squares(sums.size(), 0.0);
  add_moments(x, m, sums.data(), squares.data());
  Statistics s{by_channel(sums, m), {}, by_channel(squares, m)};
  s.inverse.resize(s.mean.size());
  for (std::size_t c = 0; c < s.mean.size(); ++c) {
    s.mean[c] /= m.values();
    // float64 leaves nine digits more than the float32 values have.
    const double variance = s.variance[c] / m.values() - s.mean[c] * s.mean[c];
    s.variance[c] = variance < 0 ? 0 : variance;
    s.inverse[c] = 1 / std::sqrt(s.variance[c] + epsilon);
  }
  return s;
}

/// x factor + term, by channel.
struct Line {
  std::vector<double> factor;
  std::vector<double> term;
};

Line line_of(
    const Statistics& s,
    const at::Tensor& scale,
    const at::Tensor& shift) {
  Line line{channel_values(scale), channel_values(shift)};
  for (std::size_t c = 0; c < line.factor.size(); ++c) {
    line.factor[c] *= s.inverse[c];
    line.term[c] -= s.mean[c] * line.factor[c];
  }
  return line;
}

double to_single(double value) {
  return static_cast<double>(static_cast<float>(value));
}

/// The same two in the steps of LibTorch's operator on planes of float32, each
/// of which rounds its result.
Statistics planes_statistics_of(const float* x, const Matrix& m, double eps) {
  std::vector<double> sums(static_cast<std::size_t>(m.columns), 0.0);
  add_column_sums(x, m, sums.data());
  Statistics s{by_channel(sums, m), {}, {}};
  for (double& mean : s.mean) mean = to_single(mean / m.values());
  std::vector<double> squares(sums.size(), 0.0);
  add_centred_squares(x, m, by_column<float>(s.mean, m).data(), squares.data());
  s.variance = by_channel(squares, m);
  for (double& variance : s.variance) {
    variance = to_single(to_single(variance) / m.values());
    s.inverse.push_back(to_single(1 / std::sqrt(variance + eps)));
  }
  return s;
}

Line planes_line_of(
    const Statistics& s,
    const at::Tensor& scale,
    const at::Tensor& shift) {
  Line line{channel_values(scale), channel_values(shift)};
  for (std::size_t c = 0; c < line.factor.size(); ++c) {
    line.factor[c] = to_single(line.factor[c] * s.inverse[c]);
    // Exact in float64: the one rounding is that of the processor's operation.
    line.term[c] = to_single(line.term[c] - s.mean[c] * line.factor[c]);
  }
  return line;
}

/// What of a sum of BatchNorms is no tensor.
struct SumShape {
  /// By term; tensors of the terms follow each other, three for a normalised
  /// one (x, scale, shift), one (x) for another.
  std::vector<bool> normalised;
  std::vector<double> epsilons;
  std::vector<BatchMoments*> moments;
  std::vector<NormRounding> roundings;
  SumEnd end;
};

/// A term as the forward loops read it: x factor + term.
template <typename T>
struct Operand {
  at::Tensor x;  // channels-last
  bool normalised;
  std::vector<float> factor;
  std::vector<float> term;

  void write(const Matrix& m, std::int64_t row, std::int64_t rows, T* y) const {
    const T* from = x.data_ptr<T>() + row * m.columns;
    if (normalised) {
      scale_columns(
          from, {rows, m.columns, m.channels}, factor.data(), term.data(), y);
    } else {
      std::copy_n(from, rows * m.columns, y);
    }
  }

  void add(const Matrix& m, std::int64_t row, std::int64_t rows, T* y) const {
    const T* from = x.data_ptr<T>() + row * m.columns;
    if (normalised) {
      add_scaled_columns(
          from, {rows, m.columns, m.channels}, factor.data(), term.data(), y);
    } else {
      add_values(y, from, rows * m.columns, y);
    }
  }
};

/// The gradients of one BatchNorm of a sum, while they are computed.
struct NormGradient {
  at::Tensor x;  // channels-last
  at::Tensor dx;
  at::ScalarType type;  // of scale and shift
  GradientSweeps sweeps;
};

/// One for each BatchNorm of the sum: of four saved tensors each, which are x,
/// scale, mean and 1 / deviation.
std::vector<NormGradient> gradients_of(
    const variable_list& saved,
    const Matrix& m) {
  std::vector<NormGradient> norms;
  for (std::size_t at = 0; at + 4 <= saved.size(); at += 4) {
    const at::Tensor x = saved[at].contiguous(kChannelsLast);
    norms.push_back(
        {x,
         at::empty_like(x),
         saved[at + 1].scalar_type(),
         {m, saved[at + 1], saved[at + 2], saved[at + 3]}});
  }
  return norms;
}

/// What a ReLU at the end of a sum has made, undefined without one, and where
/// that ReLU ends.
struct Rectified {
  at::Tensor value;
  double ceiling;
};

/// The gradients in the order of the arguments of forward(), of which the last
/// is no tensor and has none.
variable_list collect(
    const std::vector<bool>& normalised,
    const std::vector<NormGradient>& norms,
    const at::Tensor& dy) {
  variable_list found;
  auto norm = norms.begin();
  for (const bool is_norm : normalised) {
    if (!is_norm) {
      found.push_back(dy);
      continue;
    }
    found.push_back(norm->dx);
    found.push_back(norm->sweeps.product().to(norm->type));
    found.push_back(norm->sweeps.sum().to(norm->type));
    ++norm;
  }
  found.emplace_back();
  return found;
}

template <typename T>
class BatchNormSum : public torch::autograd::Function<BatchNormSum<T>> {
 public:
  static variable_list forward(
      AutogradContext* context,
      at::TensorList tensors,
      const SumShape& shape) {
    const Matrix m = matrix_of(tensors[0]);
    variable_list saved;
    std::vector<Operand<T>> operands;
    std::size_t next = 0;
    for (std::size_t k = 0; k < shape.normalised.size(); ++k) {
      if (!shape.normalised[k]) {
        operands.push_back(
            {tensors[next++].contiguous(kChannelsLast), false, {}, {}});
        continue;
      }
      const Statistics s = add_operand(
          tensors.slice(next, 3),
          m,
          shape.epsilons[k],
          shape.roundings[k],
          operands);
      saved.insert(
          saved.end(),
          {tensors[next],
           tensors[next + 1],
           channel_tensor(s.mean),
           channel_tensor(s.inverse)});
      if (shape.moments[k] != nullptr) {
        // Those that are given are not rounded on the way.
        const bool rounded = shape.roundings[k] == NormRounding::as_planes;
        *shape.moments[k] =
            rounded ? channel_moments(tensors[next]) : moments_of(s, m);
      }
      next += 3;
    }
    const bool alone = operands.size() == 1 && !shape.end.relu;
    at::Tensor y = alone ? at::empty_like(operands[0].x)
                         : empty_elementwise(operands[0].x);
    fill(operands, m, shape.end, y.data_ptr<T>());
    if (shape.end.relu) saved.push_back(y.tensor_data());
    context->save_for_backward(std::move(saved));
    // A copy that nothing reads brings no zeros.
    context->set_materialize_grads(false);
    context->saved_data["normalised"] = shape.normalised;
    context->saved_data["relu"] = shape.end.relu;
    context->saved_data["ceiling"] = shape.end.ceiling;
    return copies_of(y, shape.end.copies);
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const std::vector<bool> normalised = kept(context);
    const bool relu = context->saved_data["relu"].toBool();
    const Rectified y{
        relu ? saved.back() : at::Tensor(),
        context->saved_data["ceiling"].toDouble()};
    std::erase_if(gradients, [](const auto& g) { return !g.defined(); });
    if (gradients.empty()) return variable_list(tensor_count(normalised) + 1);
    std::ranges::reverse(gradients);
    return at::GradMode::is_enabled()
               ? differentiable_gradients(gradients, normalised, saved, y)
               : own_gradients(gradients, normalised, saved, y);
  }

 private:
  static std::vector<bool> kept(AutogradContext* context) {
    std::vector<bool> flags;
    for (const bool flag : context->saved_data["normalised"].toBoolList()) {
      flags.push_back(flag);
    }
    return flags;
  }

  static std::size_t tensor_count(const std::vector<bool>& normalised) {
    const auto norms = std::ranges::count(normalised, true);
    return normalised.size() + 2 * static_cast<std::size_t>(norms);
  }

  /// x, scale and shift.
  static Statistics add_operand(
      at::TensorList of,
      const Matrix& m,
      double epsilon,
      NormRounding rounding,
      std::vector<Operand<T>>& operands) {
    const at::Tensor x = of[0].contiguous(kChannelsLast);
    if constexpr (std::is_same_v<T, float>) {
      if (rounding == NormRounding::as_planes) {
        Statistics s = planes_statistics_of(x.data_ptr<T>(), m, epsilon);
        add_line(x, planes_line_of(s, of[1], of[2]), m, operands);
        return s;
      }
    }
    Statistics s = statistics_of(x.data_ptr<T>(), m, epsilon);
    add_line(x, line_of(s, of[1], of[2]), m, operands);
    return s;
  }

  static void add_line(
      const at::Tensor& x,
      const Line& line,
      const Matrix& m,
      std::vector<Operand<T>>& operands) {
    operands.push_back(
        {x,
         true,
         by_column<float>(line.factor, m),
         by_column<float>(line.term, m)});
  }

  static BatchMoments moments_of(Statistics s, const Matrix& m) {
    for (double& variance : s.variance) {
      variance *= unbiased_factor(m.values());
    }
    return {channel_tensor(s.mean), channel_tensor(s.variance), m.values()};
  }

  static void fill(
      const std::vector<Operand<T>>& operands,
      const Matrix& m,
      const SumEnd& end,
      T* y) {
    in_parts(m, [&](std::int64_t row, std::int64_t rows) {
      T* part = y + row * m.columns;
      operands[0].write(m, row, rows, part);
      for (std::size_t k = 1; k < operands.size(); ++k) {
        operands[k].add(m, row, rows, part);
      }
      if (end.relu) rectify_part(rows * m.columns, end.ceiling, part);
    });
  }

  static void rectify_part(std::int64_t count, double ceiling, T* y) {
    if (std::isinf(ceiling)) {
      rectify(count, y);
    } else {
      clip(count, static_cast<float>(ceiling), y);
    }
  }

  static variable_list own_gradients(
      const variable_list& gradients,
      const std::vector<bool>& normalised,
      const variable_list& saved,
      const Rectified& y) {
    variable_list arrived;
    for (const at::Tensor& g : gradients) {
      arrived.push_back(g.contiguous(kChannelsLast));
    }
    const Matrix m = matrix_of(arrived[0]);
    const bool changed = y.value.defined() || arrived.size() > 1;
    const at::Tensor dy = changed ? empty_elementwise(arrived[0]) : arrived[0];
    std::vector<NormGradient> norms = gradients_of(saved, m);
    in_parts(m, [&](std::int64_t row, std::int64_t rows) {
      const std::int64_t begin = row * m.columns;
      T* part = dy.data_ptr<T>() + begin;
      if (changed) gather(arrived, y, begin, rows * m.columns, part);
      for (NormGradient& norm : norms) {
        norm.sweeps.add(part, norm.x.data_ptr<T>() + begin, rows);
      }
    });
    for (NormGradient& norm : norms) norm.sweeps.conclude();
    in_parts(m, [&](std::int64_t row, std::int64_t rows) {
      const std::int64_t begin = row * m.columns;
      const T* part = dy.data_ptr<T>() + begin;
      for (const NormGradient& norm : norms) {
        const T* x = norm.x.data_ptr<T>() + begin;
        norm.sweeps.combine(part, x, rows, norm.dx.data_ptr<T>() + begin);
      }
    });
    return collect(normalised, norms, dy);
  }

  /// A part of the sum of the gradients, of which a ReLU lets through its own.
  static void gather(
      const variable_list& gradients,
      const Rectified& y,
      std::int64_t begin,
      std::int64_t count,
      T* dy) {
    const T* sum = gradients[0].data_ptr<T>() + begin;
    for (std::size_t k = 1; k < gradients.size(); ++k) {
      add_values(sum, gradients[k].data_ptr<T>() + begin, count, dy);
      sum = dy;
    }
    if (!y.value.defined()) return;
    const T* value = y.value.data_ptr<T>() + begin;
    if (std::isinf(y.ceiling)) {
      mask_gradient(value, sum, count, dy);
    } else {
      const auto ceiling = static_cast<float>(y.ceiling);
      mask_clipped_gradient(value, sum, count, ceiling, dy);
    }
  }

  static variable_list differentiable_gradients(
      const variable_list& gradients,
      const std::vector<bool>& normalised,
      const variable_list& saved,
      const Rectified& y) {
    at::Tensor dy = gradients[0];
    for (std::size_t k = 1; k < gradients.size(); ++k) dy = dy + gradients[k];
    if (y.value.defined()) {
      dy = std::isinf(y.ceiling)
               ? at::threshold_backward(dy, y.value, 0)
               : dy.masked_fill(
                     (y.value <= 0).logical_or(y.value >= y.ceiling), 0);
    }
    variable_list found;
    std::size_t at = 0;
    for (const bool norm : normalised) {
      if (!norm) {
        found.push_back(dy);
        continue;
      }
      const variable_list one = differentiable_batch_norm_gradient(
          dy, saved[at], saved[at + 1], saved[at + 2], saved[at + 3]);
      found.insert(found.end(), one.begin(), one.end());
      at += 4;
    }
    found.emplace_back();
    return found;
  }
};

}  // namespace

BatchMoments channel_moments(const at::Tensor& x) {
  const at::Tensor values = x.transpose(0, 1).flatten(1).to(at::kDouble);
  const at::Tensor mean = values.mean(1);
  const auto count = static_cast<double>(values.size(1));
  return {
      mean,
      (values - mean.unsqueeze(1)).square().mean(1) * unbiased_factor(count),
      count};
}

at::Tensor recorded_variance(const BatchMoments& moments) {
  return moments.values > 1 ? moments.variance
                            : at::full_like(moments.variance, kNan);
}

std::vector<at::Tensor> copies_of(const at::Tensor& y, int copies) {
  std::vector<at::Tensor> all{y};
  while (std::ssize(all) < copies) all.push_back(y.tensor_data());
  return all;
}

bool sums_batch_norms(const at::Tensor& x) {
  if (!x.device().is_cpu()) return has_sum_operators(x);
  return x.dim() == 4 &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

std::vector<at::Tensor> sum_of_batch_norms(
    std::span<const SumTerm> terms,
    const SumEnd& end) {
  if (!terms[0].x.device().is_cpu()) return sum_on_device(terms, end);
  if (end.rectified > 0) {
    throw std::logic_error("a processor's sum is rectified or not");
  }
  SumShape shape;
  shape.end = end;
  variable_list tensors;
  for (const SumTerm& term : terms) {
    shape.normalised.push_back(term.normalised);
    shape.epsilons.push_back(term.epsilon);
    shape.moments.push_back(term.moments);
    shape.roundings.push_back(term.rounding);
    tensors.push_back(term.x);
    if (!term.normalised) continue;
    // LibTorch 1.13 takes no undefined tensors here.
    const auto options = term.x.options();
    const std::vector<std::int64_t> channels{term.x.size(1)};
    tensors.push_back(
        term.scale.defined() ? term.scale : at::ones(channels, options));
    tensors.push_back(
        term.shift.defined() ? term.shift : at::zeros(channels, options));
  }
  const at::TensorList list(tensors);
  return terms[0].x.scalar_type() == at::kFloat
             ? BatchNormSum<float>::apply(list, shape)
             : BatchNormSum<at::BFloat16>::apply(list, shape);
}

at::Tensor batch_norm_of_batch(
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& shift,
    double epsilon,
    BatchMoments* moments,
    NormRounding rounding) {
  if (sums_batch_norms(x)) {
    const SumTerm term{x, true, scale, shift, epsilon, moments, rounding};
    return sum_of_batch_norms(std::span(&term, 1), {})[0];
  }
  if (moments != nullptr) *moments = channel_moments(x.detach());
  return at::batch_norm(
      x, scale, shift, {}, {}, true, kUnusedMomentum, epsilon, false);
}

at::Tensor batch_norm_of_statistics(
    const at::Tensor& x,
    const at::Tensor& scale,
    const at::Tensor& shift,
    const at::Tensor& mean,
    const at::Tensor& variance,
    double epsilon) {
  const bool differentiated =
      at::GradMode::is_enabled() &&
      (x.requires_grad() || (scale.defined() && scale.requires_grad()) ||
       (shift.defined() && shift.requires_grad()));
  // What does not fit together, LibTorch refuses; arithmetic would spread it.
  const bool fits = x.dim() >= 2 && variance.numel() == x.size(1) &&
                    variance.scalar_type() == x.scalar_type();
  if (!differentiated || !fits) {
    return at::batch_norm(
        x,
        scale,
        shift,
        mean,
        variance,
        false,
        kUnusedMomentum,
        epsilon,
        false);
  }
  at::Tensor factor = (variance + epsilon).rsqrt();
  if (scale.defined()) factor = factor * scale;
  at::Tensor term = -mean * factor;
  if (shift.defined()) term = term + shift;
  std::vector<std::int64_t> channels(static_cast<std::size_t>(x.dim()), 1);
  channels[1] = -1;
  return at::addcmul(term.view(channels), x, factor.view(channels));
}

}  // namespace zcp::kernels
