#include "nets/kernels/average_pool.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "nets/kernels/channels_last.h"
#include "nets/kernels/columns.h"
#include "nets/kernels/windows.h"

namespace zcp::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Stepping stepping_of(const PoolShape& shape) {
  return {shape.kernel, shape.stride, shape.padding, 1};
}

/// Divides values at the windows on `map` by the pixels of their windows; y
/// may be x.
void divide_by_counts(
    const float* x,
    const MapSize& windows,
    const MapSize& map,
    const PoolShape& shape,
    float* y) {
  const Stepping stepping = stepping_of(shape);
  const auto counted = [&](std::int64_t window, std::int64_t length) {
    const std::int64_t first = stepping.under(window, 0);
    return std::min(length, first + shape.kernel) -
           std::max<std::int64_t>(0, first);
  };
  for (std::int64_t row = 0; row < windows.height; ++row) {
    const std::int64_t rows = counted(row, map.height);
    std::int64_t begin = 0;
    while (begin < windows.width) {
      const std::int64_t columns = counted(begin, map.width);
      std::int64_t end = begin + 1;
      while (end < windows.width && counted(end, map.width) == columns) ++end;
      const std::int64_t at = (row * windows.width + begin) * map.channels;
      divide_values(
          x + at,
          static_cast<float>(rows * columns),
          (end - begin) * map.channels,
          y + at);
      begin = end;
    }
  }
}

at::Tensor pooled(const at::Tensor& x, const PoolShape& shape) {
  if (2 * shape.padding > shape.kernel) {
    throw std::invalid_argument("a pool padded by more than half its window");
  }
  const Stepping stepping = stepping_of(shape);
  const MapSize map = map_of(x);
  at::Tensor y = at::empty(
      {x.size(0),
       map.channels,
       stepping.windows(map.height),
       stepping.windows(map.width)},
      x.options(),
      kLast);
  const Windows windows = window_sums(map, map_of(y), stepping);
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    auto* means = y.data_ptr<float>() + n * y.stride(0);
    sum_windows(x.data_ptr<float>() + n * x.stride(0), windows, means);
    divide_by_counts(means, map_of(y), map, shape, means);
  }
  return y;
}

/// The gradient at x [N, C, height, width] from dy at the output: a pixel gets
/// a share from each window that it lies in.
at::Tensor pool_gradient(
    const at::Tensor& dy,
    std::int64_t height,
    std::int64_t width,
    const PoolShape& shape) {
  at::Tensor dx =
      at::empty({dy.size(0), dy.size(1), height, width}, dy.options(), kLast);
  const MapSize map = map_of(dx);
  const Windows readers = reader_sums(map_of(dy), map, stepping_of(shape));
  std::vector<float> shares(
      static_cast<std::size_t>(dy.size(1) * dy.size(2) * dy.size(3)));
  for (std::int64_t n = 0; n < dy.size(0); ++n) {
    const auto* given = dy.data_ptr<float>() + n * dy.stride(0);
    divide_by_counts(given, map_of(dy), map, shape, shares.data());
    sum_windows(
        shares.data(), readers, dx.data_ptr<float>() + n * dx.stride(0));
  }
  return dx;
}

PoolShape kept_shape(AutogradContext* context) {
  const auto words = context->saved_data["shape"].toIntVector();
  return {
      static_cast<int>(words[0]),
      static_cast<int>(words[1]),
      static_cast<int>(words[2])};
}

void keep_shape(AutogradContext* context, const PoolShape& shape) {
  context->saved_data["shape"] =
      std::vector<std::int64_t>{shape.kernel, shape.stride, shape.padding};
}

// Each of the two is the other's derivative.
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

bool runs_here(const at::Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 4 &&
         x.is_contiguous(kLast) && x.suggest_memory_format() == kLast;
}

}  // namespace

at::Tensor average_pool(const at::Tensor& x, const PoolShape& shape) {
  if (runs_here(x)) return AveragePool::apply(x, shape);
  return at::avg_pool2d(
      x, shape.kernel, shape.stride, shape.padding, false, false);
}

}  // namespace zcp::kernels
