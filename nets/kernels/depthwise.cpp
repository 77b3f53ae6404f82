#include "nets/kernels/depthwise.h"

#include <iterator>

#include "nets/kernels/channels_last.h"
#include "nets/kernels/window_sums.h"

namespace zcp::kernels {
namespace {

using Index = std::int64_t;

template <typename T>
void gather(
    const at::Tensor& source,
    const at::Tensor& weight,
    const WindowSums& sums,
    const at::Tensor& target) {
  const at::Tensor by_tap = weight.flatten(1).t().contiguous();
  const at::Tensor read = source.contiguous(kChannelsLast);
  for (Index n = 0; n < source.size(0); ++n) {
    sum_weighted_windows(
        read.data_ptr<T>() + n * read.stride(0),
        by_tap.data_ptr<T>(),
        sums,
        target.data_ptr<T>() + n * target.stride(0));
  }
}

at::Tensor gathered(
    const at::Tensor& source,
    const at::Tensor& weight,
    const WindowSums& sums) {
  at::Tensor target = at::empty(
      {source.size(0),
       sums.channels,
       std::ssize(sums.rows),
       std::ssize(sums.columns)},
      source.options(),
      kChannelsLast);
  if (source.scalar_type() == at::kFloat) {
    gather<float>(source, weight, sums, target);
  } else {
    gather<double>(source, weight, sums, target);
  }
  return target;
}

/// Those windows [begin, end) of a row whose tap k lies on the map.
struct Range {
  Index begin;
  Index end;

  Range(Index k, Index windows, Index width, const Window& window)
      : begin(0), end(windows) {
    while (begin < end && window.pixel(begin, k) < 0) ++begin;
    while (begin < end && window.pixel(end - 1, k) >= width) --end;
  }
};

/// Adds the gradient of one image to `sums` [kernel row][kernel
/// column][channel].
template <typename T>
void add_weight_gradient(
    const T* dy,
    const MapSize& windows,
    const T* x,
    const MapSize& map,
    const Window& window,
    double* sums) {
  const Index channels = map.channels;
  for (Index row = 0; row < windows.height; ++row) {
    for (Index i = 0; i < window.kernel; ++i) {
      const Index from = window.pixel(row, i);
      if (from < 0 || from >= map.height) continue;
      for (Index k = 0; k < window.kernel; ++k) {
        const Range columns(k, windows.width, map.width, window);
        if (columns.begin == columns.end) continue;
        const Index first = window.pixel(columns.begin, k);
        add_products(
            dy + (row * windows.width + columns.begin) * channels,
            channels,
            x + (from * map.width + first) * channels,
            window.stride * channels,
            columns.end - columns.begin,
            channels,
            sums + (i * window.kernel + k) * channels);
      }
    }
  }
}

template <typename T>
void add_weight_gradients(
    const at::Tensor& dy,
    const at::Tensor& x,
    const Window& window,
    double* sums) {
  const at::Tensor gradients = dy.contiguous(kChannelsLast);
  const at::Tensor values = x.contiguous(kChannelsLast);
  for (Index n = 0; n < x.size(0); ++n) {
    add_weight_gradient(
        gradients.data_ptr<T>() + n * gradients.stride(0),
        map_of(dy),
        values.data_ptr<T>() + n * values.stride(0),
        map_of(x),
        window,
        sums);
  }
}

}  // namespace

bool is_depthwise(
    const at::Tensor& x,
    const at::Tensor& weight,
    std::int64_t groups) {
  const bool type =
      x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble;
  return x.device().is_cpu() && type &&
         weight.scalar_type() == x.scalar_type() && x.dim() == 4 &&
         weight.dim() == 4 && groups > 1 && groups == x.size(1) &&
         groups == weight.size(0) && weight.size(1) == 1 &&
         weight.size(2) == weight.size(3);
}

at::Tensor depthwise_convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const Window& window) {
  const MapSize map = map_of(x);
  const MapSize windows{
      window.count(map.height), window.count(map.width), map.channels};
  return gathered(x, weight, sums_of_windows(map, windows, window));
}

at::Tensor depthwise_input_gradient(
    const at::Tensor& dy,
    const at::Tensor& weight,
    Index height,
    Index width,
    const Window& window) {
  const MapSize map{height, width, dy.size(1)};
  return gathered(dy, weight, sums_of_readers(map_of(dy), map, window));
}

at::Tensor depthwise_weight_gradient(
    const at::Tensor& dy,
    const at::Tensor& x,
    const Window& window) {
  const Index channels = x.size(1);
  const Index kernel = window.kernel;
  const at::Tensor sums =
      at::zeros({kernel * kernel, channels}, x.options().dtype(at::kDouble));
  if (x.scalar_type() == at::kFloat) {
    add_weight_gradients<float>(dy, x, window, sums.data_ptr<double>());
  } else {
    add_weight_gradients<double>(dy, x, window, sums.data_ptr<double>());
  }
  return sums.to(x.scalar_type())
      .t()
      .contiguous()
      .view({channels, 1, kernel, kernel});
}

}  // namespace zcp::kernels
