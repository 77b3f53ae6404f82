#include "nets/kernels/convolution.h"

#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "nets/kernels/channels_last.h"
#include "nets/kernels/depthwise.h"
#include "nets/kernels/weight_gradient.h"

#ifdef ZCP_CUDA_KERNELS
#include "nets/kernels/cuda/single_convolution_operators.h"
#endif

namespace zcp::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What of a convolution is no tensor.
struct Geometry {
  Window window;
  std::int64_t groups = 1;
  ConvolutionValues values = ConvolutionValues::fastest;
};

/// Whether LibTorch's numbers for planes come from planes alone. These are the
/// kernels for which oneDNN sums channels-last maps in another order: dense
/// ones of several pixels, and of one pixel with a stride over many channels.
/// With AVX-512 that order has twice the rounding error at 64 channels and five
/// times at 512.
bool needs_planes(const at::Tensor& weight, const Geometry& geometry) {
  constexpr std::int64_t kSeveral = 16;
  constexpr std::int64_t kMany = 128;
  if (geometry.values != ConvolutionValues::as_planes || geometry.groups > 1 ||
      weight.scalar_type() != at::kFloat || !weight.device().is_cpu()) {
    return false;
  }
  return geometry.window.kernel > 1
             ? weight.size(1) >= kSeveral
             : geometry.window.stride > 1 && weight.size(1) >= kMany;
}

/// The same as LibTorch's operators take it.
struct Arguments {
  std::array<std::int64_t, 2> stride;
  std::array<std::int64_t, 2> padding;
  std::array<std::int64_t, 2> dilation;
  std::int64_t groups;

  explicit Arguments(const Geometry& geometry)
      : stride{geometry.window.stride, geometry.window.stride},
        padding{geometry.window.padding, geometry.window.padding},
        dilation{geometry.window.dilation, geometry.window.dilation},
        groups(geometry.groups) {}
};

/// A single sample in float64 on a device, as SynFlow has it. cuDNN's kernels
/// for it take 40 to 50 us on an H100, zcp's own and products of windows laid
/// side by side a tenth of that.
bool is_single_in_double(const at::Tensor& x, std::int64_t groups) {
  return !x.device().is_cpu() && x.scalar_type() == at::kDouble &&
         x.size(0) == 1 && groups == 1;
}

/// The windows of a single map side by side, [I k k, windows].
at::Tensor windows_of(const at::Tensor& x, const Window& window) {
  return at::im2col(
             x,
             {window.kernel, window.kernel},
             {window.dilation, window.dilation},
             {window.padding, window.padding},
             {window.stride, window.stride})
      .squeeze(0);
}

at::Tensor value_of_single(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window) {
#ifdef ZCP_CUDA_KERNELS
  if (x.is_cuda() && fits_single_convolution(x, weight)) {
    return single_convolution_on_cuda(x, weight, window);
  }
#endif
  return at::mm(weight.flatten(1), windows_of(x, window))
      .view(
          {1,
           weight.size(0),
           window.count(x.size(2)),
           window.count(x.size(3))});
}

at::Tensor input_gradient_of_single(
    const at::Tensor& dy,
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window) {
#ifdef ZCP_CUDA_KERNELS
  if (x.is_cuda() && fits_single_convolution(x, weight)) {
    return single_input_gradient_on_cuda(dy, x, weight, window);
  }
#endif
  const at::Tensor windows =
      at::mm(weight.flatten(1).t(), dy.reshape({dy.size(1), -1}));
  return at::col2im(
      windows.unsqueeze(0),
      {x.size(2), x.size(3)},
      {window.kernel, window.kernel},
      {window.dilation, window.dilation},
      {window.padding, window.padding},
      {window.stride, window.stride});
}

/// A kernel of one pixel that does not read every pixel. The gradient at its
/// weights writes past its buffer in oneDNN 2.6 on processors with AVX2 where
/// channels do not fill registers; without a stride it does not.
bool skips_pixels(const at::Tensor& weight, const Window& window) {
  return window.stride > 1 && window.padding == 0 && weight.size(2) == 1 &&
         weight.size(3) == 1;
}

/// The pixels that such a kernel reads.
at::Tensor read_pixels(const at::Tensor& x, const Window& window) {
  return x.slice(2, 0, x.size(2), window.stride)
      .slice(3, 0, x.size(3), window.stride);
}

/// x as planes, with zeros where the kernel does not read.
at::Tensor
planes_of(const at::Tensor& x, const at::Tensor& weight, const Window& window) {
  if (!skips_pixels(weight, window)) return x.contiguous();
  at::Tensor planes = at::zeros(x.sizes(), x.options());
  read_pixels(planes, window).copy_(read_pixels(x, window));
  return planes;
}

Window without_stride(Window window) {
  window.stride = 1;
  return window;
}

at::Tensor value(
    const at::Tensor& x,
    const at::Tensor& weight,
    const at::Tensor& bias,
    const Geometry& geometry) {
  if (!bias.defined() && is_depthwise(x, weight, geometry.groups)) {
    return depthwise_convolution(x, weight, geometry.window);
  }
  if (!bias.defined() && is_single_in_double(x, geometry.groups)) {
    return value_of_single(x, weight, geometry.window);
  }
  const Arguments a(geometry);
  const auto run = [&](const at::Tensor& in, const at::Tensor& by) {
    return at::conv2d(in, by, bias, a.stride, a.padding, a.dilation, a.groups);
  };
  if (!needs_planes(weight, geometry)) return run(x, weight);
  const at::Tensor planes = planes_of(x, weight, geometry.window);
  return run(planes, weight.contiguous()).contiguous(kChannelsLast);
}

/// Which of the gradients by x and weight are wanted.
using Mask = std::array<bool, 2>;

/// Gradients by x and weight; undefined where they are not wanted.
variable_list gradients(
    const at::Tensor& dy,
    const at::Tensor& x,
    const at::Tensor& weight,
    const Geometry& geometry,
    const Mask& mask) {
  if (is_depthwise(x, weight, geometry.groups)) {
    return {
        mask[0] ? depthwise_input_gradient(
                      dy, weight, x.size(2), x.size(3), geometry.window)
                : at::Tensor(),
        mask[1] ? depthwise_weight_gradient(dy, x, geometry.window)
                : at::Tensor()};
  }
  if (mask[1] && skips_pixels(weight, geometry.window)) {
    const Geometry dense{
        without_stride(geometry.window), geometry.groups, geometry.values};
    const at::Tensor read =
        read_pixels(x, geometry.window).contiguous(kChannelsLast);
    return {
        mask[0] ? gradients(dy, x, weight, geometry, {true, false})[0]
                : at::Tensor(),
        gradients(dy, read, weight, dense, {false, true})[1]};
  }
  if (mask[1] &&
      has_weight_gradient(x, weight, geometry.window, geometry.groups)) {
    return {
        mask[0] ? gradients(dy, x, weight, geometry, {true, false})[0]
                : at::Tensor(),
        weight_gradient_on_device(dy, x, weight)};
  }
  if (mask[0] && is_single_in_double(x, geometry.groups)) {
    return {
        input_gradient_of_single(dy, x, weight, geometry.window),
        mask[1] ? gradients(dy, x, weight, geometry, {false, true})[1]
                : at::Tensor()};
  }
  const Arguments a(geometry);
  const std::array<std::int64_t, 2> no_padding{0, 0};
  const bool planes = needs_planes(weight, geometry) && is_for_planes(weight);
  const auto [dx, dweight, none] = at::convolution_backward(
      planes ? dy.contiguous() : dy,
      planes ? x.contiguous() : x,
      planes ? weight.contiguous() : weight,
      at::OptionalIntArrayRef(),
      a.stride,
      a.padding,
      a.dilation,
      false,
      no_padding,
      a.groups,
      {mask[0], mask[1], false});
  return {dx, dweight};
}

/// The sum of those that are defined.
at::Tensor sum_of(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined()) return b;
  return b.defined() ? a + b : a;
}

at::Tensor by_geometry(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Geometry& geometry) {
  return convolution(x, weight, {}, geometry.window, geometry.groups);
}

/// Gradients as a function of (dy, x, weight), which can be differentiated as
/// often as one likes. With h and k the gradients at dx and dweight:
///   at dy:     conv(h, weight) + conv(x, k)
///   at x:      the gradient at the input of a convolution by k
///   at weight: the gradient at the weight of a convolution of h
class Gradients : public torch::autograd::Function<Gradients> {
 public:
  static variable_list forward(
      AutogradContext* context,
      const at::Tensor& dy,
      const at::Tensor& x,
      const at::Tensor& weight,
      Geometry geometry,
      Mask mask) {
    context->save_for_backward({dy, x, weight});
    keep(context, geometry);
    variable_list found = gradients(dy, x, weight, geometry, mask);
    // Every output has to be a tensor.
    for (at::Tensor& one : found) {
      if (!one.defined()) one = at::empty({0}, x.options());
    }
    return found;
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list incoming) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& dy = saved[0];
    const at::Tensor& x = saved[1];
    const at::Tensor& weight = saved[2];
    const Geometry geometry = kept(context);
    const at::Tensor h = given(incoming[0], x);
    const at::Tensor k = given(incoming[1], weight);
    at::Tensor to_dy;
    at::Tensor to_x;
    at::Tensor to_weight;
    const bool by_dy = context->needs_input_grad(0);
    if (h.defined() && by_dy) to_dy = by_geometry(h, weight, geometry);
    if (k.defined() && by_dy) {
      to_dy = sum_of(to_dy, by_geometry(x, k, geometry));
    }
    if (k.defined() && context->needs_input_grad(1)) {
      to_x = differentiable(dy, x, k, geometry, {true, false})[0];
    }
    if (h.defined() && context->needs_input_grad(2)) {
      to_weight = differentiable(dy, h, weight, geometry, {false, true})[1];
    }
    return {to_dy, to_x, to_weight, {}, {}};
  }

  /// With a history where that is recorded.
  static variable_list differentiable(
      const at::Tensor& dy,
      const at::Tensor& x,
      const at::Tensor& weight,
      const Geometry& geometry,
      const Mask& mask) {
    return at::GradMode::is_enabled()
               ? apply(dy, x, weight, geometry, mask)
               : gradients(dy, x, weight, geometry, mask);
  }

  static void keep(AutogradContext* context, const Geometry& geometry) {
    const Window& window = geometry.window;
    context->saved_data["geometry"] = std::vector<std::int64_t>{
        window.kernel,
        window.stride,
        window.padding,
        window.dilation,
        geometry.groups,
        geometry.values == ConvolutionValues::as_planes ? 1 : 0};
  }

  static Geometry kept(AutogradContext* context) {
    const auto words = context->saved_data["geometry"].toIntVector();
    return {
        {static_cast<int>(words[0]),
         static_cast<int>(words[1]),
         static_cast<int>(words[2]),
         static_cast<int>(words[3])},
        words[4],
        words[5] != 0 ? ConvolutionValues::as_planes
                      : ConvolutionValues::fastest};
  }

 private:
  /// The gradient at an output that stands for one of the sizes of `like`.
  static at::Tensor given(const at::Tensor& gradient, const at::Tensor& like) {
    if (!gradient.defined() || gradient.sizes() != like.sizes()) return {};
    return gradient;
  }
};

class Convolution : public torch::autograd::Function<Convolution> {
 public:
  static at::Tensor forward(
      AutogradContext* context,
      const at::Tensor& x,
      const at::Tensor& weight,
      Geometry geometry) {
    context->save_for_backward({x, weight});
    Gradients::keep(context, geometry);
    return value(x, weight, {}, geometry);
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list incoming) {
    const variable_list saved = context->get_saved_variables();
    if (!incoming[0].defined()) return {{}, {}, {}};
    const Geometry geometry = Gradients::kept(context);
    const Mask mask{context->needs_input_grad(0), context->needs_input_grad(1)};
    variable_list found = Gradients::differentiable(
        incoming[0], saved[0], saved[1], geometry, mask);
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (!mask[i]) found[i] = at::Tensor();
    }
    found.emplace_back();
    return found;
  }
};

}  // namespace

bool is_for_planes(const at::Tensor& weight) {
  constexpr std::int64_t kMany = 256;
  return weight.dim() == 4 && weight.size(1) >= kMany && weight.size(2) > 1;
}

at::Tensor convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const at::Tensor& bias,
    const Window& window,
    std::int64_t groups,
    ConvolutionValues values) {
  const bool cut = values == ConvolutionValues::fastest || bias.defined();
  if (cut && skips_pixels(weight, window)) {
    return convolution(
        read_pixels(x, window).contiguous(kChannelsLast),
        weight,
        bias,
        without_stride(window),
        groups,
        values);
  }
  const bool differentiated = at::GradMode::is_enabled() &&
                              (x.requires_grad() || weight.requires_grad());
  const Geometry geometry{window, groups, values};
  // LibTorch 1.13 takes no undefined tensors in apply().
  if (!differentiated || bias.defined()) {
    return value(x, weight, bias, geometry);
  }
  return Convolution::apply(x, weight, geometry);
}

}  // namespace zcp::kernels
