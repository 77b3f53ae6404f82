#include "nets/depthwise.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "nets/clones.h"

namespace zcp::nets {
namespace {

using Index = std::int64_t;

constexpr at::MemoryFormat kLast = at::MemoryFormat::ChannelsLast;

/// Of a target row or column: a row or column of the source that its window
/// holds and that of the kernel it is multiplied by, in values from the start.
struct Tap {
  Index source;
  Index weight;
};

/// By target row or column.
using Taps = std::vector<std::vector<Tap>>;

/// Side lengths in pixels.
struct Sides {
  Index source;
  Index target;
};

/// A target of a convolution reads the source at
/// target stride - padding + k dilation.
Taps reading_taps(const Sides& sides, Index kernel, const ConvolutionShape& s) {
  Taps taps(static_cast<std::size_t>(sides.target));
  for (Index target = 0; target < sides.target; ++target) {
    for (Index k = 0; k < kernel; ++k) {
      const Index source = target * s.stride - s.padding + k * s.dilation;
      if (source < 0 || source >= sides.source) continue;
      taps[static_cast<std::size_t>(target)].push_back({source, k});
    }
  }
  return taps;
}

/// For the gradient at a convolution's input: who reads each target.
Taps reader_taps(const Sides& sides, Index kernel, const ConvolutionShape& s) {
  Taps taps(static_cast<std::size_t>(sides.target));
  for (Index target = 0; target < sides.target; ++target) {
    for (Index k = 0; k < kernel; ++k) {
      const Index strided = target + s.padding - k * s.dilation;
      const Index source = strided / s.stride;
      if (strided < 0 || strided % s.stride != 0 || source >= sides.source) {
        continue;
      }
      taps[static_cast<std::size_t>(target)].push_back({source, k});
    }
  }
  return taps;
}

Taps scaled(Taps taps, Index source, Index weight) {
  for (auto& of_target : taps) {
    for (Tap& tap : of_target) {
      tap.source *= source;
      tap.weight *= weight;
    }
  }
  return taps;
}

template <typename T>
struct VectorOf {
  // NOLINTNEXTLINE(modernize-use-using): an attribute that `using` loses
  typedef T type __attribute__((vector_size(32)));
};
template <typename T>
constexpr Index kLanes = 32 / sizeof(T);

template <typename V, typename T>
[[gnu::always_inline]] inline void load(const T* from, V& to) {
  std::memcpy(&to, from, sizeof(V));
}
template <typename V, typename T>
[[gnu::always_inline]] inline void store(const V& from, T* to) {
  std::memcpy(to, &from, sizeof(V));
}
// One register after the other: a whole array is zeroed in memory.
template <typename V, int count>
[[gnu::always_inline]] inline void clear(V (&sums)[count]) {
#pragma GCC unroll 4
  for (int j = 0; j < count; ++j) sums[j] = V{};
}

/// `count` registers of a target pixel: the sum over its window.
template <typename T, int count>
[[gnu::always_inline]] inline void sum_window(
    const T* source,
    const T* weights,
    const std::vector<Tap>& rows,
    const std::vector<Tap>& columns,
    T* target) {
  using V = typename VectorOf<T>::type;
  V sums[count];
  clear(sums);
  for (const Tap& row : rows) {
    for (const Tap& column : columns) {
      const T* x = source + row.source + column.source;
      const T* w = weights + row.weight + column.weight;
#pragma GCC unroll 4
      for (int j = 0; j < count; ++j) {
        V values;
        V factors;
        load(x + j * kLanes<T>, values);
        load(w + j * kLanes<T>, factors);
        sums[j] += values * factors;
      }
    }
  }
#pragma GCC unroll 4
  for (int j = 0; j < count; ++j) store(sums[j], target + j * kLanes<T>);
}

/// One image: each target pixel becomes the sum over its window of source
/// times weight [kernel kernel, C].
template <typename T>
ZCP_CLONES void sum_windows(
    const T* source,
    const T* weights,
    const Taps& rows,
    const Taps& columns,
    Index channels,
    T* target) {
  constexpr Index kWide = 4 * kLanes<T>;
  for (const auto& row : rows) {
    for (const auto& column : columns) {
      Index c = 0;
      for (; c + kWide <= channels; c += kWide) {
        sum_window<T, 4>(source + c, weights + c, row, column, target + c);
      }
      for (; c + kLanes<T> <= channels; c += kLanes<T>) {
        sum_window<T, 1>(source + c, weights + c, row, column, target + c);
      }
      for (; c < channels; ++c) {
        T sum = 0;
        for (const Tap& r : row) {
          for (const Tap& k : column) {
            sum += source[r.source + k.source + c] *
                   weights[r.weight + k.weight + c];
          }
        }
        target[c] = sum;
      }
      target += channels;
    }
  }
}

/// A row of outputs and the row of inputs under one row of the kernel.
template <typename T>
struct Rows {
  const T* dy;
  const T* x;
};

/// `count` registers: adds the sum of dy x over the outputs of a row to
/// `sums`. Steps are in values, from one output to the next.
template <typename T, int count>
[[gnu::always_inline]] inline void add_products(
    const Rows<T>& rows,
    Index outputs,
    Index dy_step,
    Index x_step,
    double* sums) {
  using V = typename VectorOf<T>::type;
  V products[count];
  clear(products);
  for (Index o = 0; o < outputs; ++o) {
#pragma GCC unroll 4
    for (int j = 0; j < count; ++j) {
      V gradient;
      V value;
      load(rows.dy + o * dy_step + j * kLanes<T>, gradient);
      load(rows.x + o * x_step + j * kLanes<T>, value);
      products[j] += gradient * value;
    }
  }
  for (int j = 0; j < count; ++j) {
    for (Index lane = 0; lane < kLanes<T>; ++lane) {
      sums[j * kLanes<T> + lane] += static_cast<double>(products[j][lane]);
    }
  }
}

/// The same for all channels.
template <typename T>
ZCP_CLONES void add_row_products(
    const Rows<T>& rows,
    Index outputs,
    Index x_step,
    Index channels,
    double* sums) {
  constexpr Index kWide = 4 * kLanes<T>;
  Index c = 0;
  for (; c + kWide <= channels; c += kWide) {
    add_products<T, 4>(
        {rows.dy + c, rows.x + c}, outputs, channels, x_step, sums + c);
  }
  for (; c + kLanes<T> <= channels; c += kLanes<T>) {
    add_products<T, 1>(
        {rows.dy + c, rows.x + c}, outputs, channels, x_step, sums + c);
  }
  for (; c < channels; ++c) {
    T sum = 0;
    for (Index o = 0; o < outputs; ++o) {
      sum += rows.dy[o * channels + c] * rows.x[o * x_step + c];
    }
    sums[c] += static_cast<double>(sum);
  }
}

template <typename T>
void gather(
    const at::Tensor& source,
    const at::Tensor& weight,
    const Taps& rows,
    const Taps& columns,
    const at::Tensor& target) {
  const Index channels = source.size(1);
  const Index kernel = weight.size(2);
  const Taps scaled_rows =
      scaled(rows, source.size(3) * channels, kernel * channels);
  const Taps scaled_columns = scaled(columns, channels, channels);
  const at::Tensor by_tap =
      weight.reshape({channels, kernel * kernel}).t().contiguous();
  const at::Tensor read = source.contiguous(kLast);
  const Index source_size = channels * source.size(2) * source.size(3);
  const Index target_size = channels * target.size(2) * target.size(3);
  for (Index n = 0; n < source.size(0); ++n) {
    sum_windows<T>(
        read.data_ptr<T>() + n * source_size,
        by_tap.data_ptr<T>(),
        scaled_rows,
        scaled_columns,
        channels,
        target.data_ptr<T>() + n * target_size);
  }
}

/// Gathers into a new tensor.
at::Tensor gathered(
    const at::Tensor& source,
    const at::Tensor& weight,
    const Taps& rows,
    const Taps& columns) {
  const at::Tensor target = at::empty(
      {source.size(0), source.size(1), std::ssize(rows), std::ssize(columns)},
      source.options(),
      kLast);
  if (source.scalar_type() == at::kFloat) {
    gather<float>(source, weight, rows, columns, target);
  } else {
    gather<double>(source, weight, rows, columns, target);
  }
  return target;
}

/// The outputs [begin, end) whose input under column k of the kernel lies
/// within the map.
struct Outputs {
  Index begin;
  Index end;

  Outputs(Index k, const Sides& sides, const ConvolutionShape& s)
      : begin(0), end(sides.target) {
    const auto source = [&](Index target) {
      return target * s.stride - s.padding + k * s.dilation;
    };
    while (begin < end && source(begin) < 0) ++begin;
    while (begin < end && source(end - 1) >= sides.source) --end;
  }
};

/// Adds to `sums` [kernel kernel, C].
template <typename T>
void add_weight_gradient(
    const at::Tensor& dy,
    const at::Tensor& x,
    Index kernel,
    const ConvolutionShape& shape,
    double* sums) {
  const Index channels = x.size(1);
  const Taps rows = reading_taps({x.size(2), dy.size(2)}, kernel, shape);
  const Index dy_row = dy.size(3) * channels;
  const Index x_row = x.size(3) * channels;
  for (Index n = 0; n < x.size(0); ++n) {
    const T* gradients = dy.data_ptr<T>() + n * dy.size(2) * dy_row;
    const T* values = x.data_ptr<T>() + n * x.size(2) * x_row;
    for (const auto& of_row : rows) {
      for (const Tap& row : of_row) {
        for (Index k = 0; k < kernel; ++k) {
          const Outputs outputs(k, {x.size(3), dy.size(3)}, shape);
          const Index first =
              outputs.begin * shape.stride - shape.padding + k * shape.dilation;
          add_row_products<T>(
              {gradients + outputs.begin * channels,
               values + row.source * x_row + first * channels},
              outputs.end - outputs.begin,
              shape.stride * channels,
              channels,
              sums + (row.weight * kernel + k) * channels);
        }
      }
      gradients += dy_row;
    }
  }
}

}  // namespace

bool is_depthwise(
    const at::Tensor& x,
    const at::Tensor& weight,
    const ConvolutionShape& shape) {
  const bool type =
      x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble;
  return x.device().is_cpu() && type && x.dim() == 4 && shape.groups > 1 &&
         shape.groups == x.size(1) && shape.groups == weight.size(0) &&
         weight.size(2) == weight.size(3);
}

at::Tensor depthwise_convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const ConvolutionShape& shape) {
  const Index kernel = weight.size(2);
  const auto outputs = [&](Index inputs) {
    return (inputs + 2 * shape.padding - shape.dilation * (kernel - 1) - 1) /
               shape.stride +
           1;
  };
  const Sides vertical{x.size(2), outputs(x.size(2))};
  const Sides horizontal{x.size(3), outputs(x.size(3))};
  return gathered(
      x,
      weight,
      reading_taps(vertical, kernel, shape),
      reading_taps(horizontal, kernel, shape));
}

at::Tensor depthwise_input_gradient(
    const at::Tensor& dy,
    const at::Tensor& weight,
    Index height,
    Index width,
    const ConvolutionShape& shape) {
  const Index kernel = weight.size(2);
  return gathered(
      dy,
      weight,
      reader_taps({dy.size(2), height}, kernel, shape),
      reader_taps({dy.size(3), width}, kernel, shape));
}

at::Tensor depthwise_weight_gradient(
    const at::Tensor& dy,
    const at::Tensor& x,
    Index kernel,
    const ConvolutionShape& shape) {
  const Index channels = x.size(1);
  const at::Tensor sums =
      at::zeros({kernel * kernel, channels}, x.options().dtype(at::kDouble));
  const at::Tensor gradients = dy.contiguous(kLast);
  const at::Tensor values = x.contiguous(kLast);
  if (x.scalar_type() == at::kFloat) {
    add_weight_gradient<float>(
        gradients, values, kernel, shape, sums.data_ptr<double>());
  } else {
    add_weight_gradient<double>(
        gradients, values, kernel, shape, sums.data_ptr<double>());
  }
  return sums.to(x.scalar_type())
      .t()
      .contiguous()
      .view({channels, 1, kernel, kernel});
}

}  // namespace zcp::nets
