// Sums of BatchNorms: each of these kernels reads its maps once. A channel's
// sums are made by one block, in an order that depends on the sizes alone, in
// float64.
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "nets/kernels/cuda/load.cuh"
#include "nets/kernels/cuda/norm_sum.h"
#include "nets/kernels/cuda/planes.cuh"

namespace zcp::kernels::cuda {
namespace {

constexpr int kSumThreads = 512;

/// Neighbours of a plane, which one thread reads at once.
template <typename T, int kWidth>
struct alignas(kWidth * sizeof(T)) Pack {
  T values[kWidth];
};

template <int kWidth, typename T>
__device__ Pack<T, kWidth> load_pack(const T* from) {
  return *reinterpret_cast<const Pack<T, kWidth>*>(from);
}

template <int kWidth, typename T, typename Real>
__device__ void store_pack(T* to, const Pack<Real, kWidth>& pack) {
  Pack<T, kWidth> stored;
#pragma unroll
  for (int j = 0; j < kWidth; ++j) store(&stored.values[j], pack.values[j]);
  *reinterpret_cast<Pack<T, kWidth>*>(to) = stored;
}

/// The sums of `a` and `b` over the block's threads, in thread 0.
__device__ void sum_over_block(double& a, double& b) {
  __shared__ double of_warps[2][kSumThreads / kWarp];
  for (int step = kWarp / 2; step > 0; step /= 2) {
    a += __shfl_down_sync(~0u, a, step);
    b += __shfl_down_sync(~0u, b, step);
  }
  const int warp = threadIdx.x / kWarp;
  if (threadIdx.x % kWarp == 0) {
    of_warps[0][warp] = a;
    of_warps[1][warp] = b;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int w = 1; w < kSumThreads / kWarp; ++w) {
    a += of_warps[0][w];
    b += of_warps[1][w];
  }
}

/// Spreads the packs of channel c over the block's threads: calls
/// read(index of a pack's first element) for some, then use() for what each of
/// them gave, so that several reads are under way at once.
template <typename T, int kWidth, typename Read, typename Use>
__device__ void for_channel(
    const MapSizes& sizes,
    std::int64_t c,
    const Read& read,
    const Use& use) {
  // What is read ahead stays in registers.
  constexpr int kAhead = sizeof(T) > sizeof(float) ? 2 : 4;
  const auto of_plane = static_cast<unsigned>(sizes.positions / kWidth);
  const std::int64_t all = sizes.samples * of_plane;
  const auto start = [&](std::int64_t pack) {
    const std::int64_t n = all <= 0xffffffff
                               ? static_cast<unsigned>(pack) / of_plane
                               : pack / of_plane;
    return (n * sizes.channels + c) * sizes.positions +
           (pack - n * of_plane) * kWidth;
  };
  for (std::int64_t pack = threadIdx.x; pack < all;
       pack += kAhead * kSumThreads) {
    decltype(read(0)) found[kAhead];
#pragma unroll
    for (int k = 0; k < kAhead; ++k) {
      const std::int64_t at = pack + k * kSumThreads;
      if (at < all) found[k] = read(start(at));
    }
#pragma unroll
    for (int k = 0; k < kAhead; ++k) {
      if (pack + k * kSumThreads < all) use(found[k]);
    }
  }
}

// A launch whose threads want more registers than there are fails.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kSumThreads)
    moments_kernel(MomentsLaunch launch) {
  const std::int64_t c = blockIdx.x;
  const int k = blockIdx.y;
  const T* x = static_cast<const T*>(launch.x[k]);
  // Measured from one of the values, so that the square of a mean far from 0
  // takes no digits from the variance.
  const double first = load(x + c * launch.sizes.positions);
  double sum = 0;
  double squares = 0;
  for_channel<T, kWidth>(
      launch.sizes,
      c,
      [&](std::int64_t i) { return load_pack<kWidth>(x + i); },
      [&](const Pack<T, kWidth>& pack) {
#pragma unroll
        for (const T& one : pack.values) {
          const double value = load(&one) - first;
          sum += value;
          squares += value * value;
        }
      });
  sum_over_block(sum, squares);
  if (threadIdx.x != 0) return;
  const double values =
      static_cast<double>(launch.sizes.samples * launch.sizes.positions);
  const double mean = sum / values;
  // A negative difference is 0; not a number stays what it is.
  double variance = squares / values - mean * mean;
  if (variance < 0) variance = 0;
  const std::int64_t channels = launch.sizes.channels;
  double* out = launch.moments + k * channels + c;
  const std::int64_t step = launch.count * channels;
  out[0] = first + mean;
  out[step] = 1 / sqrt(variance + launch.epsilons[k]);
  out[2 * step] = variance;
}

/// Calls use(index of a pack's first element) for the packs of a plane, spread
/// over the threads of the blocks that have it.
template <int kWidth, typename Use>
__device__ void
for_plane(const MapSizes& sizes, std::int64_t plane, const Use& use) {
  const std::int64_t begin = plane * sizes.positions;
  const std::int64_t step =
      static_cast<std::int64_t>(gridDim.y) * blockDim.x * kWidth;
  for (std::int64_t i =
           static_cast<std::int64_t>(blockIdx.y * blockDim.x + threadIdx.x) *
           kWidth;
       i < sizes.positions;
       i += step) {
    use(begin + i);
  }
}

template <typename T, int kWidth>
__global__ void __launch_bounds__(kPlaneThreads) sum_kernel(SumLaunch launch) {
  using Real = typename Computed<T>::type;
  const std::int64_t plane = blockIdx.x;
  const std::int64_t c = plane % launch.sizes.channels;
  const std::int64_t channels = launch.sizes.channels;
  Real factors[kMostTerms];
  Real rests[kMostTerms];
  for (int k = 0; k < launch.count; ++k) {
    const int norm = launch.norm_of[k];
    if (norm < 0) continue;
    const std::int64_t at = norm * channels + c;
    double factor = launch.moments[launch.norms * channels + at];
    if (launch.scales[norm] != nullptr) {
      factor *= load(static_cast<const T*>(launch.scales[norm]) + c);
    }
    double rest = -launch.moments[at] * factor;
    if (launch.shifts[norm] != nullptr) {
      rest += load(static_cast<const T*>(launch.shifts[norm]) + c);
    }
    factors[k] = static_cast<Real>(factor);
    rests[k] = static_cast<Real>(rest);
  }
  for_plane<kWidth>(launch.sizes, plane, [&](std::int64_t i) {
    Pack<Real, kWidth> sum{};
    for (int k = 0; k < launch.count; ++k) {
      const auto x = load_pack<kWidth>(static_cast<const T*>(launch.x[k]) + i);
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        const Real value = load(&x.values[j]);
        sum.values[j] +=
            launch.norm_of[k] < 0 ? value : value * factors[k] + rests[k];
      }
    }
#pragma unroll
    for (Real& one : sum.values) {
      // Not max(): a value that is not a number has to reach the score.
      if (launch.relu && one <= 0) one = 0;
    }
    store_pack(static_cast<T*>(launch.y) + i, sum);
    if (launch.rectified == nullptr) return;
    for (Real& one : sum.values) {
      if (one <= 0) one = 0;
    }
    store_pack(static_cast<T*>(launch.rectified) + i, sum);
  });
}

/// What a kernel knows of the gradients that arrive at a sum when it is
/// compiled: how many they are (0 where only the launch knows), and whether
/// some are masked. Registers and reads for a mask cost as much as the rest.
template <int kCount, bool kMasked>
struct Arrival {
  static constexpr int count = kCount;
  static constexpr bool masked = kMasked;
};

/// What arrives at the sum's elements from i on, of any number of gradients.
template <typename T, int kWidth, typename Kind>
struct Summed {
  using Real = typename Computed<T>::type;
  Pack<Real, kWidth> sum;

  __device__ void read(const GradientLaunch& launch, std::int64_t i) {
    Pack<Real, kWidth> through{};
    sum = {};
    const int plain = launch.arrived_count - launch.masked;
    for (int k = 0; k < launch.arrived_count; ++k) {
      const auto one =
          load_pack<kWidth>(static_cast<const T*>(launch.arrived[k]) + i);
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        (k < plain ? sum : through).values[j] += load(&one.values[j]);
      }
    }
    if constexpr (Kind::masked) {
      const auto y = load_pack<kWidth>(static_cast<const T*>(launch.y) + i);
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        if (!(load(&y.values[j]) <= 0)) sum.values[j] += through.values[j];
      }
    }
  }
  __device__ Pack<Real, kWidth> total(const GradientLaunch&) const {
    return sum;
  }
};

/// The same of a known number: what is read is kept as it is, and summed when
/// it is needed, so that no addition waits for one read before the next begins.
template <typename T, int kWidth, typename Kind>
struct Kept {
  using Real = typename Computed<T>::type;
  Pack<T, kWidth> arrived[Kind::count];
  Pack<T, kWidth> y;

  __device__ void read(const GradientLaunch& launch, std::int64_t i) {
#pragma unroll
    for (int k = 0; k < Kind::count; ++k) {
      arrived[k] =
          load_pack<kWidth>(static_cast<const T*>(launch.arrived[k]) + i);
    }
    if constexpr (Kind::masked) {
      y = load_pack<kWidth>(static_cast<const T*>(launch.y) + i);
    }
  }
  __device__ Pack<Real, kWidth> total(const GradientLaunch& launch) const {
    Pack<Real, kWidth> sum{};
    const int plain = Kind::count - (Kind::masked ? launch.masked : 0);
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      Real through = 0;
#pragma unroll
      for (int k = 0; k < Kind::count; ++k) {
        const Real one = load(&arrived[k].values[j]);
        if (!Kind::masked || k < plain) {
          sum.values[j] += one;
        } else {
          through += one;
        }
      }
      // As LibTorch's ReLU: what is not a number lets a gradient through.
      if constexpr (Kind::masked) {
        if (!(load(&y.values[j]) <= 0)) sum.values[j] += through;
      }
    }
    return sum;
  }
};

template <typename T, int kWidth, typename Kind>
using Arrived = std::conditional_t<
    Kind::count == 0,
    Summed<T, kWidth, Kind>,
    Kept<T, kWidth, Kind>>;

template <typename T, int kWidth, typename Kind>
__global__ void __launch_bounds__(kSumThreads)
    gradient_sums_kernel(GradientLaunch launch) {
  using Real = typename Computed<T>::type;
  struct Read {
    Arrived<T, kWidth, Kind> g;
    Pack<T, kWidth> x;
  };
  const std::int64_t c = blockIdx.x;
  const int k = blockIdx.y;
  const std::int64_t channels = launch.sizes.channels;
  const T* x = static_cast<const T*>(launch.x[k]);
  const double mean = launch.moments[k * channels + c];
  const double inverse = launch.moments[(launch.norms + k) * channels + c];
  double products = 0;
  double sum = 0;
  for_channel<T, kWidth>(
      launch.sizes,
      c,
      [&](std::int64_t i) {
        Read read;
        read.g.read(launch, i);
        read.x = load_pack<kWidth>(x + i);
        return read;
      },
      [&](const Read& read) {
        const auto arrived = read.g.total(launch);
#pragma unroll
        for (int j = 0; j < kWidth; ++j) {
          const double g = arrived.values[j];
          products += g * (load(&read.x.values[j]) - mean);
          sum += g;
        }
      });
  sum_over_block(products, sum);
  if (threadIdx.x != 0) return;
  products *= inverse;
  const std::int64_t of_scale = k * channels + c;
  const std::int64_t of_shift = (launch.norms + k) * channels + c;
  launch.sums[of_scale] = products;
  launch.sums[of_shift] = sum;
  store(
      static_cast<T*>(launch.parameters) + of_scale,
      static_cast<Real>(products));
  store(static_cast<T*>(launch.parameters) + of_shift, static_cast<Real>(sum));
}

template <typename T, int kWidth, typename Kind>
__global__ void __launch_bounds__(kPlaneThreads)
    gradients_kernel(GradientLaunch launch) {
  using Real = typename Computed<T>::type;
  const std::int64_t plane = blockIdx.x;
  const std::int64_t channels = launch.sizes.channels;
  const std::int64_t c = plane % channels;
  const double values =
      static_cast<double>(launch.sizes.samples * launch.sizes.positions);
  // dx = g a + x b + d
  Real a[kMostTerms];
  Real b[kMostTerms];
  Real d[kMostTerms];
  for (int k = 0; k < launch.norms; ++k) {
    const double mean = launch.moments[k * channels + c];
    const double inverse = launch.moments[(launch.norms + k) * channels + c];
    double scaled = inverse;
    if (launch.scales[k] != nullptr) {
      scaled *= load(static_cast<const T*>(launch.scales[k]) + c);
    }
    const double product = launch.sums[k * channels + c] / values;
    const double sum = launch.sums[(launch.norms + k) * channels + c] / values;
    a[k] = static_cast<Real>(scaled);
    b[k] = static_cast<Real>(-scaled * product * inverse);
    d[k] = static_cast<Real>(scaled * (product * inverse * mean - sum));
  }
  for_plane<kWidth>(launch.sizes, plane, [&](std::int64_t i) {
    Arrived<T, kWidth, Kind> arrived;
    arrived.read(launch, i);
    const auto g = arrived.total(launch);
    if (launch.as_it_is != nullptr) {
      store_pack(static_cast<T*>(launch.as_it_is) + i, g);
    }
    for (int k = 0; k < launch.norms; ++k) {
      const auto x = load_pack<kWidth>(static_cast<const T*>(launch.x[k]) + i);
      Pack<Real, kWidth> dx;
#pragma unroll
      for (int j = 0; j < kWidth; ++j) {
        dx.values[j] = g.values[j] * a[k] +
                       (static_cast<Real>(load(&x.values[j])) * b[k] + d[k]);
      }
      store_pack(static_cast<T*>(launch.dx[k]) + i, dx);
    }
  });
}

constexpr int kWide = 4;

/// A block a plane, several where planes are large.
dim3 map_grid(const MapSizes& sizes) {
  constexpr std::int64_t kEach = kWide * kPlaneThreads;
  return plane_grid(
      sizes.samples * sizes.channels, (sizes.positions + kEach - 1) / kEach);
}

int map_threads(const MapSizes& sizes, int width) {
  return plane_threads((sizes.positions + width - 1) / width);
}

dim3 channel_grid(const MapSizes& sizes, int count) {
  return dim3(
      static_cast<unsigned>(sizes.channels), static_cast<unsigned>(count));
}

/// Whether packs of kWide numbers of this size can be read from all of them.
class Alignment {
 public:
  Alignment(const MapSizes& sizes, std::size_t bytes_a_number)
      : bytes_(kWide * bytes_a_number),
        aligned_(sizes.positions % kWide == 0) {}

  void look_at(const void* pointer) {
    if (reinterpret_cast<std::uintptr_t>(pointer) % bytes_ != 0) {
      aligned_ = false;
    }
  }
  void look_at(const void* const* pointers, int count) {
    for (int k = 0; k < count; ++k) look_at(pointers[k]);
  }
  void look_at(void* const* pointers, int count) {
    for (int k = 0; k < count; ++k) look_at(pointers[k]);
  }

  /// Calls use(std::integral_constant of the width of packs).
  template <typename Use>
  void with_width(const Use& use) const {
    if (aligned_) {
      use(std::integral_constant<int, kWide>());
    } else {
      use(std::integral_constant<int, 1>());
    }
  }

 private:
  std::size_t bytes_;
  bool aligned_;
};

/// Calls use(the Arrival) for what the launch says.
template <bool kMasked, typename Use>
void with_count(int count, const Use& use) {
  switch (count) {
    case 1:
      return use(Arrival<1, kMasked>());
    case 2:
      return use(Arrival<2, kMasked>());
    case 3:
      return use(Arrival<3, kMasked>());
    default:
      return use(Arrival<0, kMasked>());
  }
}

template <typename Use>
void with_arrival(const GradientLaunch& launch, const Use& use) {
  if (launch.masked > 0) {
    with_count<true>(launch.arrived_count, use);
  } else {
    with_count<false>(launch.arrived_count, use);
  }
}

template <typename T, int kWidth>
void launch_gradients_of(const GradientLaunch& launch, cudaStream_t stream) {
  with_arrival(launch, [&](auto kind) {
    using Kind = decltype(kind);
    if (launch.norms > 0) {
      gradient_sums_kernel<T, kWidth, Kind>
          <<<channel_grid(launch.sizes, launch.norms),
             kSumThreads,
             0,
             stream>>>(launch);
    }
    gradients_kernel<T, kWidth, Kind>
        <<<map_grid(launch.sizes),
           map_threads(launch.sizes, kWidth),
           0,
           stream>>>(launch);
  });
}

}  // namespace

void launch_moments(
    Number number,
    const MomentsLaunch& launch,
    cudaStream_t stream) {
  with_type(number, [&](auto* type) {
    using T = Pointee<decltype(type)>;
    Alignment alignment(launch.sizes, sizeof(T));
    alignment.look_at(launch.x, launch.count);
    alignment.with_width([&](auto width) {
      moments_kernel<T, decltype(width)::value>
          <<<channel_grid(launch.sizes, launch.count),
             kSumThreads,
             0,
             stream>>>(launch);
    });
  });
}

void launch_sum(Number number, const SumLaunch& launch, cudaStream_t stream) {
  with_type(number, [&](auto* type) {
    using T = Pointee<decltype(type)>;
    Alignment alignment(launch.sizes, sizeof(T));
    alignment.look_at(launch.x, launch.count);
    alignment.look_at(launch.y);
    alignment.look_at(launch.rectified);
    alignment.with_width([&](auto width) {
      constexpr int kWidth = decltype(width)::value;
      sum_kernel<T, kWidth>
          <<<map_grid(launch.sizes),
             map_threads(launch.sizes, kWidth),
             0,
             stream>>>(launch);
    });
  });
}

void launch_gradients(
    Number number,
    const GradientLaunch& launch,
    cudaStream_t stream) {
  with_type(number, [&](auto* type) {
    using T = Pointee<decltype(type)>;
    Alignment alignment(launch.sizes, sizeof(T));
    alignment.look_at(launch.arrived, launch.arrived_count);
    alignment.look_at(launch.y);
    alignment.look_at(launch.x, launch.norms);
    alignment.look_at(launch.as_it_is);
    alignment.look_at(launch.dx, launch.norms);
    alignment.with_width([&](auto width) {
      launch_gradients_of<T, decltype(width)::value>(launch, stream);
    });
  });
}

}  // namespace zcp::kernels::cuda
