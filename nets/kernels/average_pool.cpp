#include "nets/kernels/average_pool.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "nets/kernels/channel_loops.h"
#include "nets/kernels/channels_last.h"
#include "nets/kernels/window_sums.h"

#ifdef ZCP_CUDA_KERNELS
#include "nets/kernels/cuda/average_pool_operators.h"
#endif

namespace zcp::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Divides a value for each of the windows on `map` by the number of pixels
/// in that window; y may be x.
void divide_by_counts(
    const float* x,
    const MapSize& windows,
    const MapSize& map,
    const Window& window,
    float* y) {
  const auto counted = [&](std::int64_t number, std::int64_t length) {
    const std::int64_t first = window.pixel(number, 0);
    return std::min(length, first + window.kernel) -
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

at::Tensor pooled(const at::Tensor& x, const Window& window) {
  if (2 * window.padding > window.kernel) {
    throw std::invalid_argument("a pool padded by more than half its window");
  }
#ifdef ZCP_CUDA_KERNELS
  if (x.is_cuda()) return pooled_on_cuda(x, window);
#endif
  const MapSize map = map_of(x);
  at::Tensor y = at::empty(
      {x.size(0),
       map.channels,
       window.count(map.height),
       window.count(map.width)},
      x.options(),
      kChannelsLast);
  const WindowSums sums = sums_of_windows(map, map_of(y), window);
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    auto* means = y.data_ptr<float>() + n * y.stride(0);
    sum_windows(x.data_ptr<float>() + n * x.stride(0), sums, means);
    divide_by_counts(means, map_of(y), map, window, means);
  }
  return y;
}

/// The gradient at x [N, C, height, width] from dy at the output: a pixel gets
/// a share from each window that it lies in.
at::Tensor pool_gradient(
    const at::Tensor& dy,
    std::int64_t height,
    std::int64_t width,
    const Window& window) {
#ifdef ZCP_CUDA_KERNELS
  if (dy.is_cuda()) return pool_gradient_on_cuda(dy, height, width, window);
#endif
  at::Tensor dx = at::empty(
      {dy.size(0), dy.size(1), height, width}, dy.options(), kChannelsLast);
  const MapSize map = map_of(dx);
  const WindowSums readers = sums_of_readers(map_of(dy), map, window);
  std::vector<float> shares(
      static_cast<std::size_t>(dy.size(1) * dy.size(2) * dy.size(3)));
  for (std::int64_t n = 0; n < dy.size(0); ++n) {
    const auto* given = dy.data_ptr<float>() + n * dy.stride(0);
    divide_by_counts(given, map_of(dy), map, window, shares.data());
    sum_windows(
        shares.data(), readers, dx.data_ptr<float>() + n * dx.stride(0));
  }
  return dx;
}

Window kept_window(AutogradContext* context) {
  const auto words = context->saved_data["window"].toIntVector();
  return {
      static_cast<int>(words[0]),
      static_cast<int>(words[1]),
      static_cast<int>(words[2])};
}

void keep_window(AutogradContext* context, const Window& window) {
  context->saved_data["window"] =
      std::vector<std::int64_t>{window.kernel, window.stride, window.padding};
}

/// Laid out as the pools of its device take it.
at::Tensor laid_out(const at::Tensor& x) {
  return x.is_cuda() ? x.contiguous() : x.contiguous(kChannelsLast);
}

// Each of the two is the other's derivative.
at::Tensor differentiable_pool(const at::Tensor& x, const Window& window);

class PoolGradient : public torch::autograd::Function<PoolGradient> {
 public:
  static at::Tensor forward(
      AutogradContext* context,
      const at::Tensor& dy,
      std::int64_t height,
      std::int64_t width,
      Window window) {
    keep_window(context, window);
    return pool_gradient(laid_out(dy), height, width, window);
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list incoming) {
    if (!incoming[0].defined()) return {{}, {}, {}, {}};
    const at::Tensor h = laid_out(incoming[0]);
    return {differentiable_pool(h, kept_window(context)), {}, {}, {}};
  }
};

class AveragePool : public torch::autograd::Function<AveragePool> {
 public:
  static at::Tensor
  forward(AutogradContext* context, const at::Tensor& x, Window window) {
    keep_window(context, window);
    context->saved_data["size"] =
        std::vector<std::int64_t>{x.size(2), x.size(3)};
    return pooled(x, window);
  }

  static variable_list backward(
      AutogradContext* context,
      variable_list incoming) {
    if (!incoming[0].defined()) return {{}, {}};
    const auto size = context->saved_data["size"].toIntVector();
    return {
        PoolGradient::apply(
            incoming[0], size[0], size[1], kept_window(context)),
        {}};
  }
};

at::Tensor differentiable_pool(const at::Tensor& x, const Window& window) {
  return AveragePool::apply(x, window);
}

bool runs_here(const at::Tensor& x) {
#ifdef ZCP_CUDA_KERNELS
  if (x.is_cuda() && x.dim() == 4) return has_pools_on_cuda(x);
#endif
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 4 &&
         x.is_contiguous(kChannelsLast) &&
         x.suggest_memory_format() == kChannelsLast;
}

}  // namespace

at::Tensor average_pool(const at::Tensor& x, const Window& window) {
  if (runs_here(x)) return AveragePool::apply(pool_input(x), window);
  return at::avg_pool2d(
      pool_input(x),
      window.kernel,
      window.stride,
      window.padding,
      false,
      false);
}

at::Tensor pool_input(const at::Tensor& x) {
  return x.device().is_cpu() ? x : x.contiguous();
}

}  // namespace zcp::kernels
