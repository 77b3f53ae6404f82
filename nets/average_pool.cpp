#include "nets/average_pool.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "nets/columns.h"

namespace zcp::nets {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr at::MemoryFormat kLast = at::MemoryFormat::ChannelsLast;

/// One image, its pixels row by row, a pixel's channels side by side.
template <typename Value>
struct Image {
  Value* values;
  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;

  Value* at(std::int64_t row, std::int64_t column) const {
    return values + (row * width + column) * channels;
  }
};

/// Where tap k of a window lies within `source` for targets in [begin, end):
/// at target + k - padding.
struct Targets {
  std::int64_t begin;
  std::int64_t end;

  Targets(
      std::int64_t k,
      std::int64_t padding,
      std::int64_t source,
      std::int64_t target)
      : begin(std::max<std::int64_t>(0, padding - k)),
        end(std::min(target, source + padding - k)) {}
};

/// Each target is the sum of the window whose first tap is `padding` before
/// it, in the order of the rows.
void sum_windows(
    const Image<const float>& source,
    const PoolShape& shape,
    const Image<float>& target) {
  const std::int64_t c = target.channels;
  const std::int64_t padding = shape.padding;
  for (std::int64_t row = 0; row < target.height; ++row) {
    std::fill_n(target.at(row, 0), target.width * c, 0.0F);
    for (std::int64_t i = 0; i < shape.kernel; ++i) {
      const std::int64_t from = row + i - padding;
      if (from < 0 || from >= source.height) continue;
      for (std::int64_t k = 0; k < shape.kernel; ++k) {
        const Targets columns(k, padding, source.width, target.width);
        if (columns.begin >= columns.end) continue;
        float* sums = target.at(row, columns.begin);
        add_values(
            sums,
            source.at(from, columns.begin + k - padding),
            (columns.end - columns.begin) * c,
            sums);
      }
    }
  }
}

/// How many pixels of `size` a window has whose output is at `place`.
std::int64_t
counted(std::int64_t place, std::int64_t size, const PoolShape& shape) {
  const std::int64_t first = place - shape.padding;
  return std::min(size, first + shape.kernel) -
         std::max<std::int64_t>(0, first);
}

/// Divides the values at the outputs of a pool over `height` x `width` pixels
/// by the pixels of their windows.
void divide_by_counts(
    const Image<const float>& sums,
    std::int64_t height,
    std::int64_t width,
    const PoolShape& shape,
    const Image<float>& means) {
  for (std::int64_t row = 0; row < sums.height; ++row) {
    const std::int64_t rows = counted(row, height, shape);
    std::int64_t begin = 0;
    while (begin < sums.width) {
      const std::int64_t columns = counted(begin, width, shape);
      std::int64_t end = begin + 1;
      while (end < sums.width && counted(end, width, shape) == columns) ++end;
      divide_values(
          sums.at(row, begin),
          static_cast<float>(rows * columns),
          (end - begin) * sums.channels,
          means.at(row, begin));
      begin = end;
    }
  }
}

/// Image n of a channels-last tensor.
template <typename Value>
Image<Value> image(const at::Tensor& x, std::int64_t n) {
  return {
      x.data_ptr<float>() + n * x.stride(0), x.size(2), x.size(3), x.size(1)};
}

template <typename Use>
void for_each_image(const at::Tensor& x, const Use& use) {
  at::parallel_for(0, x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) use(n);
  });
}

at::Tensor pooled(const at::Tensor& x, const PoolShape& shape) {
  const std::int64_t less = 2 * std::int64_t{shape.padding} - shape.kernel + 1;
  const at::Tensor y = at::empty(
      {x.size(0), x.size(1), x.size(2) + less, x.size(3) + less},
      x.options(),
      kLast);
  for_each_image(x, [&](std::int64_t n) {
    sum_windows(image<const float>(x, n), shape, image<float>(y, n));
    divide_by_counts(
        image<const float>(y, n),
        x.size(2),
        x.size(3),
        shape,
        image<float>(y, n));
  });
  return y;
}

/// The gradient at x [N, C, height, width] from dy at the output: a pixel gets
/// a share from each window that it lies in.
at::Tensor pool_gradient(
    const at::Tensor& dy,
    std::int64_t height,
    std::int64_t width,
    const PoolShape& shape) {
  const at::Tensor dx =
      at::empty({dy.size(0), dy.size(1), height, width}, dy.options(), kLast);
  const PoolShape transposed{shape.kernel, 1, shape.kernel - 1 - shape.padding};
  for_each_image(dy, [&](std::int64_t n) {
    Image<const float> shares = image<const float>(dy, n);
    std::vector<float> held(
        static_cast<std::size_t>(dy.size(1) * dy.size(2) * dy.size(3)));
    const Image<float> own{
        held.data(), shares.height, shares.width, shares.channels};
    divide_by_counts(shares, height, width, shape, own);
    shares.values = held.data();
    sum_windows(shares, transposed, image<float>(dx, n));
  });
  return dx;
}

PoolShape kept_shape(AutogradContext* context) {
  const auto words = context->saved_data["shape"].toIntVector();
  return {static_cast<int>(words[0]), 1, static_cast<int>(words[1])};
}

void keep_shape(AutogradContext* context, const PoolShape& shape) {
  context->saved_data["shape"] =
      std::vector<std::int64_t>{shape.kernel, shape.padding};
}

at::Tensor differentiable_pool(const at::Tensor& x, const PoolShape& shape);

class PoolGradient : public torch::autograd::Function<PoolGradient> {
 public:
  static at::Tensor forward(
      AutogradContext* context,
      const at::Tensor& dy,
      std::int64_t height,
      std::int64_t width,
      PoolShape shape) {
    keep_shape(context, shape);
    return pool_gradient(dy.contiguous(kLast), height, width, shape);
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list incoming) {
    if (!incoming[0].defined()) return {{}, {}, {}, {}};
    const at::Tensor h = incoming[0].contiguous(kLast);
    return {differentiable_pool(h, kept_shape(context)), {}, {}, {}};
  }
};

class AveragePool : public torch::autograd::Function<AveragePool> {
 public:
  static at::Tensor
  forward(AutogradContext* context, const at::Tensor& x, PoolShape shape) {
    keep_shape(context, shape);
    context->saved_data["size"] =
        std::vector<std::int64_t>{x.size(2), x.size(3)};
    return pooled(x, shape);
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list incoming) {
    if (!incoming[0].defined()) return {{}, {}};
    const auto size = context->saved_data["size"].toIntVector();
    return {
        PoolGradient::apply(incoming[0], size[0], size[1], kept_shape(context)),
        {}};
  }
};

at::Tensor differentiable_pool(const at::Tensor& x, const PoolShape& shape) {
  return AveragePool::apply(x, shape);
}

bool runs_here(const at::Tensor& x, const PoolShape& shape) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat &&
         shape.stride == 1 && x.dim() == 4 && x.is_contiguous(kLast) &&
         x.suggest_memory_format() == kLast;
}

}  // namespace

at::Tensor average_pool(const at::Tensor& x, const PoolShape& shape) {
  if (runs_here(x, shape)) return AveragePool::apply(x, shape);
  return at::avg_pool2d(
      x, shape.kernel, shape.stride, shape.padding, false, false);
}

}  // namespace zcp::nets
