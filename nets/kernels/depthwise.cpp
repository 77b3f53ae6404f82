#include "nets/kernels/depthwise.h"

#include <iterator>

#include "nets/kernels/channels_last.h"
#include "nets/kernels/windows.h"

namespace zcp::kernels {
namespace {

using Index = std::int64_t;

Stepping stepping_of(Index kernel, const ConvolutionShape& shape) {
  return {kernel, shape.stride, shape.padding, shape.dilation};
}

template <typename T>
void gather(
    const at::Tensor& source,
    const at::Tensor& weight,
    const Windows& windows,
    const at::Tensor& target) {
  const at::Tensor by_tap = weight.flatten(1).t().contiguous();
  const at::Tensor read = source.contiguous(kLast);
  for (Index n = 0; n < source.size(0); ++n) {
    sum_weighted_windows(
        read.data_ptr<T>() + n * read.stride(0),
        by_tap.data_ptr<T>(),
        windows,
        target.data_ptr<T>() + n * target.stride(0));
  }
}

at::Tensor gathered(
    const at::Tensor& source,
    const at::Tensor& weight,
    const Windows& windows) {
  at::Tensor target = at::empty(
      {source.size(0),
       windows.channels,
       std::ssize(windows.rows),
       std::ssize(windows.columns)},
      source.options(),
      kLast);
  if (source.scalar_type() == at::kFloat) {
    gather<float>(source, weight, windows, target);
  } else {
    gather<double>(source, weight, windows, target);
  }
  return target;
}

/// Windows [begin, end) of a row whose tap k lies on the map.
struct Range {
  Index begin;
  Index end;

  Range(Index k, Index windows, Index width, const Stepping& stepping)
      : begin(0), end(windows) {
    while (begin < end && stepping.under(begin, k) < 0) ++begin;
    while (begin < end && stepping.under(end - 1, k) >= width) --end;
  }
};

/// Adds one image's to `sums` [kernel row][kernel column][channel].
template <typename T>
void add_weight_gradient(
    const T* dy,
    const MapSize& windows,
    const T* x,
    const MapSize& map,
    const Stepping& stepping,
    double* sums) {
  const Index channels = map.channels;
  for (Index row = 0; row < windows.height; ++row) {
    for (Index i = 0; i < stepping.kernel; ++i) {
      const Index from = stepping.under(row, i);
      if (from < 0 || from >= map.height) continue;
      for (Index k = 0; k < stepping.kernel; ++k) {
        const Range columns(k, windows.width, map.width, stepping);
        if (columns.begin == columns.end) continue;
        const Index first = stepping.under(columns.begin, k);
        add_products(
            dy + (row * windows.width + columns.begin) * channels,
            channels,
            x + (from * map.width + first) * channels,
            stepping.stride * channels,
            columns.end - columns.begin,
            channels,
            sums + (i * stepping.kernel + k) * channels);
      }
    }
  }
}

template <typename T>
void add_weight_gradients(
    const at::Tensor& dy,
    const at::Tensor& x,
    const Stepping& stepping,
    double* sums) {
  const at::Tensor gradients = dy.contiguous(kLast);
  const at::Tensor values = x.contiguous(kLast);
  for (Index n = 0; n < x.size(0); ++n) {
    add_weight_gradient(
        gradients.data_ptr<T>() + n * gradients.stride(0),
        map_of(dy),
        values.data_ptr<T>() + n * values.stride(0),
        map_of(x),
        stepping,
        sums);
  }
}

}  // namespace

bool is_depthwise(
    const at::Tensor& x,
    const at::Tensor& weight,
    const ConvolutionShape& shape) {
  const bool type =
      x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble;
  return x.device().is_cpu() && type &&
         weight.scalar_type() == x.scalar_type() && x.dim() == 4 &&
         weight.dim() == 4 && shape.groups > 1 && shape.groups == x.size(1) &&
         shape.groups == weight.size(0) && weight.size(1) == 1 &&
         weight.size(2) == weight.size(3);
}

at::Tensor depthwise_convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const ConvolutionShape& shape) {
  const Stepping stepping = stepping_of(weight.size(2), shape);
  const MapSize map = map_of(x);
  const MapSize windows{
      stepping.windows(map.height), stepping.windows(map.width), map.channels};
  return gathered(x, weight, window_sums(map, windows, stepping));
}

at::Tensor depthwise_input_gradient(
    const at::Tensor& dy,
    const at::Tensor& weight,
    Index height,
    Index width,
    const ConvolutionShape& shape) {
  const MapSize map{height, width, dy.size(1)};
  const Stepping stepping = stepping_of(weight.size(2), shape);
  return gathered(dy, weight, reader_sums(map_of(dy), map, stepping));
}

at::Tensor depthwise_weight_gradient(
    const at::Tensor& dy,
    const at::Tensor& x,
    Index kernel,
    const ConvolutionShape& shape) {
  const Index channels = x.size(1);
  const at::Tensor sums =
      at::zeros({kernel * kernel, channels}, x.options().dtype(at::kDouble));
  const Stepping stepping = stepping_of(kernel, shape);
  if (x.scalar_type() == at::kFloat) {
    add_weight_gradients<float>(dy, x, stepping, sums.data_ptr<double>());
  } else {
    add_weight_gradients<double>(dy, x, stepping, sums.data_ptr<double>());
  }
  return sums.to(x.scalar_type())
      .t()
      .contiguous()
      .view({channels, 1, kernel, kernel});
}

}  // namespace zcp::kernels
