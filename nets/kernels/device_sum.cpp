#include "nets/kernels/device_sum.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "nets/kernels/own_operator.h"
#include "nets/kernels/sum_terms.h"

#ifdef ZCP_CUDA_KERNELS
#include "nets/kernels/cuda/norm_sum_operators.h"
#endif

// x: the terms, [N, C, H, W] each. `norms` says of each term which BatchNorm it
// is, -1 for a term that is added as it is. `scales` and `shifts` have a tensor
// [C] for each BatchNorm, of no elements where it has none. `moments` is
// float64 [3, BatchNorms, C]: mean, 1 / sqrt(variance + epsilon), variance.
//
// The sum is the first of what comes out: rectified with `relu`; with
// `rectified` a second tensor has it so.
//
// The gradients of the sum: what arrives at each of its copies goes in, at last
// the `masked` ones that go through where y > 0 alone. What
// comes out are the gradient of a term that is added as it is (of no elements
// where there is none), those of scales and shifts [2, BatchNorms, C], summed
// in float64, and then that of each BatchNorm's x; all in the type of x.
TORCH_LIBRARY_FRAGMENT(zcp, library) {
  library.def("norm_moments(Tensor[] x, float[] epsilons) -> Tensor");
  library.def(
      "norm_sum(Tensor[] x, Tensor[] scales, Tensor[] shifts, Tensor moments, "
      "int[] norms, bool relu, bool rectified) -> Tensor[]");
  library.def(
      "norm_sum_gradients(Tensor[] arrived, Tensor y, Tensor[] x, "
      "Tensor[] scales, Tensor moments, int[] norms, int masked) -> Tensor[]");
}

namespace zcp::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

auto moments_operator() {
  static const auto found =
      own_operator<at::Tensor(at::TensorList, at::ArrayRef<double>)>(
          "zcp::norm_moments");
  return found;
}

auto sum_operator() {
  static const auto found = own_operator<std::vector<at::Tensor>(
      at::TensorList,
      at::TensorList,
      at::TensorList,
      const at::Tensor&,
      at::IntArrayRef,
      bool,
      bool)>("zcp::norm_sum");
  return found;
}

auto gradients_operator() {
  static const auto found = own_operator<std::vector<at::Tensor>(
      at::TensorList,
      const at::Tensor&,
      at::TensorList,
      at::TensorList,
      const at::Tensor&,
      at::IntArrayRef,
      std::int64_t)>("zcp::norm_sum_gradients");
  return found;
}

/// A channel's number for each place of a map.
at::Tensor spread(const at::Tensor& by_channel, const at::Tensor& like) {
  return by_channel.to(like.scalar_type()).view({1, -1, 1, 1});
}

/// The sum of some gradients; undefined where there are none.
at::Tensor sum_of(at::TensorList gradients) {
  at::Tensor sum;
  for (const at::Tensor& g : gradients) {
    sum = sum.defined() ? sum + g : g;
  }
  return sum;
}

/// Of gradients at copies of a sum and at copies of y, which a ReLU makes of
/// it. There is one at least.
at::Tensor gradient_of_sum(
    at::TensorList plain,
    at::TensorList masked,
    const at::Tensor& y) {
  const at::Tensor g = sum_of(plain);
  if (masked.empty()) return g;
  const at::Tensor through = at::threshold_backward(sum_of(masked), y, 0);
  return g.defined() ? g + through : through;
}

/// What of a sum is no tensor.
struct DeviceSumShape {
  std::vector<std::int64_t> norms;  ///< as in the schemas
  std::vector<double> epsilons;     ///< by BatchNorm
  std::vector<bool> affine;         ///< by BatchNorm: has scale and shift
  std::vector<BatchMoments*> moments;
  SumEnd end;
};

/// The tensors of a sum in the order in which autograd sees them: the terms,
/// then scale and shift of each BatchNorm that has them.
struct DeviceSumTensors {
  variable_list terms;
  variable_list scales;  ///< by BatchNorm, of no elements where there is none
  variable_list shifts;

  DeviceSumTensors(at::TensorList all, const DeviceSumShape& shape) {
    const std::size_t count = shape.norms.size();
    for (std::size_t k = 0; k < count; ++k) {
      terms.push_back(all[k].contiguous());
    }
    std::size_t next = count;
    for (const bool affine : shape.affine) {
      scales.push_back(affine ? all[next++] : none());
      shifts.push_back(affine ? all[next++] : none());
    }
  }

  at::Tensor none() const { return at::empty({0}, terms[0].options()); }
};

/// Where the values of one channel lie.
const std::vector<std::int64_t> kWithoutChannels{0, 2, 3};

class DeviceSum : public torch::autograd::Function<DeviceSum> {
 public:
  static variable_list forward(
      AutogradContext* context,
      at::TensorList tensors,
      const DeviceSumShape& shape) {
    const DeviceSumTensors all(tensors, shape);
    variable_list normalised;
    variable_list saved;  // as they came: with their histories
    for (std::size_t k = 0; k < shape.norms.size(); ++k) {
      if (shape.norms[k] < 0) continue;
      normalised.push_back(all.terms[k]);
      saved.push_back(tensors[k]);
    }
    const at::Tensor moments =
        normalised.empty()
            ? all.none().to(at::kDouble)
            : moments_operator().call(normalised, shape.epsilons);
    give_moments(moments, all.terms[0], shape);
    const variable_list sums = sum_operator().call(
        all.terms,
        all.scales,
        all.shifts,
        moments,
        shape.norms,
        shape.end.relu,
        shape.end.rectified > 0);
    const bool masks = shape.end.relu || shape.end.rectified > 0;
    saved.insert(saved.end(), all.scales.begin(), all.scales.end());
    saved.push_back(moments);
    saved.push_back(masks ? sums.back().tensor_data() : all.none());
    context->save_for_backward(std::move(saved));
    // A copy that nothing reads brings no zeros.
    context->set_materialize_grads(false);
    context->saved_data["norms"] = shape.norms;
    context->saved_data["epsilons"] = shape.epsilons;
    context->saved_data["affine"] = shape.affine;
    // The copies before this one are not rectified.
    context->saved_data["first_masked"] =
        shape.end.relu ? std::int64_t{0} : std::int64_t{shape.end.copies};
    variable_list all_copies = copies_of(sums[0], shape.end.copies);
    if (shape.end.rectified > 0) {
      const variable_list more = copies_of(sums[1], shape.end.rectified);
      all_copies.insert(all_copies.end(), more.begin(), more.end());
    }
    return all_copies;
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list gradients) {
    const Saved saved(*context);
    Arrived arrived;
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      if (!gradients[k].defined()) continue;
      (k < saved.first_masked ? arrived.plain : arrived.masked)
          .push_back(gradients[k]);
    }
    if (arrived.plain.empty() && arrived.masked.empty()) {
      return variable_list(saved.arguments());
    }
    return at::GradMode::is_enabled() ? differentiable(arrived, saved)
                                      : by_operator(std::move(arrived), saved);
  }

 private:
  struct Saved {
    std::vector<std::int64_t> norms;
    std::vector<double> epsilons;
    std::vector<bool> affine;
    std::size_t first_masked;
    variable_list x;       ///< by BatchNorm
    variable_list scales;  ///< by BatchNorm
    at::Tensor moments;
    at::Tensor y;

    explicit Saved(AutogradContext& context)
        : norms(context.saved_data["norms"].toIntVector()),
          epsilons(context.saved_data["epsilons"].toDoubleVector()),
          first_masked(static_cast<std::size_t>(
              context.saved_data["first_masked"].toInt())) {
      for (const bool one : context.saved_data["affine"].toBoolList()) {
        affine.push_back(one);
      }
      const variable_list all = context.get_saved_variables();
      const auto count = static_cast<std::ptrdiff_t>(affine.size());
      x.assign(all.begin(), all.begin() + count);
      scales.assign(all.begin() + count, all.begin() + 2 * count);
      moments = all[affine.size() * 2];
      y = all[affine.size() * 2 + 1];
    }

    /// Those of forward(), of which the last is no tensor.
    std::size_t arguments() const {
      const auto with = std::ranges::count(affine, true);
      return norms.size() + 2 * static_cast<std::size_t>(with) + 1;
    }
  };

  /// The gradients that arrived.
  struct Arrived {
    variable_list plain;   ///< at copies of the sum
    variable_list masked;  ///< at copies of what a ReLU makes of it
  };

  static void give_moments(
      const at::Tensor& moments,
      const at::Tensor& x,
      const DeviceSumShape& shape) {
    const auto values = static_cast<double>(x.numel() / x.size(1));
    const double unbiased = values > 1 ? values / (values - 1) : 1;
    for (std::size_t k = 0; k < shape.moments.size(); ++k) {
      if (shape.moments[k] == nullptr) continue;
      const auto norm = static_cast<std::int64_t>(k);
      *shape.moments[k] = {
          moments[0][norm], moments[2][norm] * unbiased, values};
    }
  }

  /// Puts gradients by term and by BatchNorm into the order of the arguments.
  static variable_list collect(
      const Saved& saved,
      const at::Tensor& as_it_is,
      const variable_list& by_x,
      const variable_list& by_scale,
      const variable_list& by_shift) {
    variable_list found;
    for (const std::int64_t norm : saved.norms) {
      found.push_back(
          norm < 0 ? as_it_is : by_x[static_cast<std::size_t>(norm)]);
    }
    for (std::size_t k = 0; k < saved.affine.size(); ++k) {
      if (!saved.affine[k]) continue;
      found.push_back(by_scale[k]);
      found.push_back(by_shift[k]);
    }
    found.emplace_back();
    return found;
  }

  /// Few enough for one launch.
  static void shorten(variable_list& gradients) {
    constexpr std::size_t kMost = kMostTerms / 2;
    while (gradients.size() > kMost) {
      const at::Tensor last = gradients.back();
      gradients.pop_back();
      gradients.back() = gradients.back() + last;
    }
  }

  static variable_list by_operator(Arrived arrived, const Saved& saved) {
    if (saved.x.empty() && arrived.masked.empty() &&
        arrived.plain.size() == 1) {
      return collect(saved, arrived.plain[0], {}, {}, {});
    }
    shorten(arrived.plain);
    shorten(arrived.masked);
    variable_list all;
    for (const variable_list& some : {arrived.plain, arrived.masked}) {
      for (const at::Tensor& g : some) all.push_back(g.contiguous());
    }
    variable_list x;
    for (const at::Tensor& one : saved.x) x.push_back(one.contiguous());
    const variable_list found = gradients_operator().call(
        all,
        saved.y,
        x,
        saved.scales,
        saved.moments,
        saved.norms,
        std::ssize(arrived.masked));
    const variable_list by_x(found.begin() + 2, found.end());
    variable_list by_scale;
    variable_list by_shift;
    const at::Tensor& parameters = found[1];
    for (std::size_t k = 0; k < saved.x.size(); ++k) {
      const auto norm = static_cast<std::int64_t>(k);
      const bool affine = saved.affine[k];
      by_scale.push_back(affine ? parameters[0][norm] : at::Tensor());
      by_shift.push_back(affine ? parameters[1][norm] : at::Tensor());
    }
    return collect(saved, found[0], by_x, by_scale, by_shift);
  }

  /// The same as functions of what arrives, x and scale, which can be
  /// differentiated as often as one likes.
  static variable_list differentiable(
      const Arrived& arrived,
      const Saved& saved) {
    const at::Tensor g =
        gradient_of_sum(arrived.plain, arrived.masked, saved.y);
    variable_list by_x;
    variable_list by_scale;
    variable_list by_shift;
    for (std::size_t k = 0; k < saved.x.size(); ++k) {
      const at::Tensor centred =
          saved.x[k] - saved.x[k].mean(kWithoutChannels, true);
      const at::Tensor variance = centred.square().mean(kWithoutChannels, true);
      const at::Tensor inverse = (variance + saved.epsilons[k]).rsqrt();
      const at::Tensor normal = centred * inverse;
      const at::Tensor product = g * normal;
      at::Tensor dx = (g - g.mean(kWithoutChannels, true) -
                       normal * product.mean(kWithoutChannels, true)) *
                      inverse;
      if (saved.affine[k]) dx = dx * saved.scales[k].view({1, -1, 1, 1});
      by_x.push_back(dx);
      by_scale.push_back(product.sum(kWithoutChannels));
      by_shift.push_back(g.sum(kWithoutChannels));
    }
    return collect(saved, g, by_x, by_scale, by_shift);
  }
};

}  // namespace

bool has_sum_operators(const at::Tensor& x) {
#ifdef ZCP_CUDA_KERNELS
  link_cuda_norm_sums();
#endif
  return x.dim() == 4 && runs_on(sum_operator(), x);
}

std::vector<at::Tensor> sum_on_device(
    std::span<const SumTerm> terms,
    const SumEnd& end) {
  if (terms.size() > kMostTerms) {
    std::vector<SumTerm> rest(terms.begin() + kMostTerms - 1, terms.end());
    rest[0] = {};
    rest[0].x = sum_on_device(terms.first(kMostTerms), {})[0];
    return sum_on_device(rest, end);
  }
  DeviceSumShape shape;
  shape.end = end;
  variable_list tensors;
  variable_list parameters;
  for (const SumTerm& term : terms) {
    tensors.push_back(term.x);
    shape.norms.push_back(
        term.normalised ? std::ssize(shape.epsilons) : std::int64_t{-1});
    if (!term.normalised) continue;
    shape.epsilons.push_back(term.epsilon);
    shape.moments.push_back(term.moments);
    shape.affine.push_back(term.scale.defined());
    if (term.scale.defined()) {
      parameters.push_back(term.scale);
      parameters.push_back(term.shift);
    }
  }
  tensors.insert(tensors.end(), parameters.begin(), parameters.end());
  return DeviceSum::apply(at::TensorList(tensors), shape);
}

at::Tensor norm_moments_by_operators(
    at::TensorList x,
    at::ArrayRef<double> epsilons) {
  variable_list means;
  variable_list inverses;
  variable_list variances;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const at::Tensor values = x[k].to(at::kDouble);
    const at::Tensor mean = values.mean(kWithoutChannels, true);
    const at::Tensor variance = (values - mean).square().mean(kWithoutChannels);
    means.push_back(mean.flatten());
    inverses.push_back((variance + epsilons[k]).rsqrt());
    variances.push_back(variance);
  }
  return at::stack(
      {at::stack(means), at::stack(inverses), at::stack(variances)});
}

std::vector<at::Tensor> norm_sum_by_operators(
    at::TensorList x,
    at::TensorList scales,
    at::TensorList shifts,
    const at::Tensor& moments,
    at::IntArrayRef norms,
    bool relu,
    bool rectified) {
  at::Tensor sum;
  for (std::size_t k = 0; k < x.size(); ++k) {
    at::Tensor term = x[k];
    if (norms[k] >= 0) {
      const auto norm = static_cast<std::size_t>(norms[k]);
      const at::Tensor mean = moments[0][norms[k]];
      at::Tensor factor = moments[1][norms[k]];
      if (scales[norm].numel() > 0) factor = factor * scales[norm];
      at::Tensor rest = -mean * factor;
      if (shifts[norm].numel() > 0) rest = rest + shifts[norm];
      term = term * spread(factor, term) + spread(rest, term);
    }
    sum = sum.defined() ? sum + term : term;
  }
  if (relu) return {at::relu(sum)};
  if (x.size() == 1 && norms[0] < 0) sum = sum.clone();
  return rectified ? variable_list{sum, at::relu(sum)} : variable_list{sum};
}

std::vector<at::Tensor> norm_sum_gradients_by_operators(
    at::TensorList arrived,
    const at::Tensor& y,
    at::TensorList x,
    at::TensorList scales,
    const at::Tensor& moments,
    at::IntArrayRef norms,
    std::int64_t masked) {
  const std::size_t plain = arrived.size() - static_cast<std::size_t>(masked);
  const at::Tensor g =
      gradient_of_sum(arrived.slice(0, plain), arrived.slice(plain), y);
  const bool as_it_is =
      std::ranges::any_of(norms, [](std::int64_t norm) { return norm < 0; });
  variable_list found{as_it_is ? g : at::empty({0}, g.options())};
  variable_list by_scale;
  variable_list by_shift;
  variable_list by_x;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const auto norm = static_cast<std::int64_t>(k);
    const at::Tensor normal = (x[k] - spread(moments[0][norm], x[k])) *
                              spread(moments[1][norm], x[k]);
    const at::Tensor product = (g * normal).to(at::kDouble);
    by_scale.push_back(product.sum(kWithoutChannels));
    by_shift.push_back(g.to(at::kDouble).sum(kWithoutChannels));
    const double values = static_cast<double>(g.numel() / g.size(1));
    at::Tensor dx = (g - spread(by_shift[k] / values, g) -
                     normal * spread(by_scale[k] / values, g)) *
                    spread(moments[1][norm], g);
    if (scales[k].numel() > 0) dx = dx * spread(scales[k], dx);
    by_x.push_back(dx);
  }
  found.push_back(
      by_x.empty() ? at::empty({0}, g.options())
                   : at::stack({at::stack(by_scale), at::stack(by_shift)})
                         .to(g.scalar_type()));
  found.insert(found.end(), by_x.begin(), by_x.end());
  return found;
}

}  // namespace zcp::kernels
