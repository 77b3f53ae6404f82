// Sums of BatchNorms: each of these kernels reads its maps once. A channel's
// sums are made by one block, in an order that depends on the sizes alone, in
// float64.
#include <cuda_bf16.h>

#include "nets/kernels/cuda/norm_sum.h"

namespace zcp::kernels::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kSumThreads = 512;
constexpr int kMapThreads = 256;

__device__ float load(const float* from) {
  return *from;
}
__device__ double load(const double* from) {
  return *from;
}
__device__ float load(const __nv_bfloat16* from) {
  return __bfloat162float(*from);
}
__device__ void store(float* to, float value) {
  *to = value;
}
__device__ void store(double* to, double value) {
  *to = value;
}
__device__ void store(__nv_bfloat16* to, float value) {
  *to = __float2bfloat16(value);
}

/// In which a map's elements are computed.
template <typename T>
struct Computed {
  using type = float;
};
template <>
struct Computed<double> {
  using type = double;
};

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

/// Calls use(index) for the elements of channel c, spread over the block's
/// threads; `lanes` of them, a power of two, go along one plane.
template <typename Use>
__device__ void
for_channel(const MapSizes& sizes, std::int64_t c, int lanes, const Use& use) {
  const int rows = kSumThreads / lanes;
  const int lane = threadIdx.x % lanes;
  for (std::int64_t n = threadIdx.x / lanes; n < sizes.samples; n += rows) {
    const std::int64_t plane = (n * sizes.channels + c) * sizes.positions;
    for (std::int64_t i = lane; i < sizes.positions; i += lanes) use(plane + i);
  }
}

template <typename T>
__global__ void moments_kernel(MomentsLaunch launch, int lanes) {
  const std::int64_t c = blockIdx.x;
  const int k = blockIdx.y;
  const T* x = static_cast<const T*>(launch.x[k]);
  // Measured from one of the values, so that the square of a mean far from 0
  // takes no digits from the variance.
  const double first = load(x + c * launch.sizes.positions);
  double sum = 0;
  double squares = 0;
  for_channel(launch.sizes, c, lanes, [&](std::int64_t i) {
    const double value = load(x + i) - first;
    sum += value;
    squares += value * value;
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

template <typename T>
__global__ void sum_kernel(SumLaunch launch) {
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
  const std::int64_t begin = plane * launch.sizes.positions;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.y) * blockDim.x;
  for (std::int64_t i = blockIdx.y * blockDim.x + threadIdx.x;
       i < launch.sizes.positions;
       i += step) {
    Real sum = 0;
    for (int k = 0; k < launch.count; ++k) {
      const Real x = load(static_cast<const T*>(launch.x[k]) + begin + i);
      sum += launch.norm_of[k] < 0 ? x : x * factors[k] + rests[k];
    }
    // Not max(): a value that is not a number has to reach the score.
    if (launch.relu && sum <= 0) sum = 0;
    store(static_cast<T*>(launch.y) + begin + i, sum);
  }
}

/// What arrives at element i of the sum.
template <typename T>
__device__ typename Computed<T>::type arrived_at(
    const GradientLaunch& launch,
    std::int64_t i) {
  using Real = typename Computed<T>::type;
  Real g = load(static_cast<const T*>(launch.arrived[0]) + i);
  for (int k = 1; k < launch.arrived_count; ++k) {
    g += static_cast<Real>(load(static_cast<const T*>(launch.arrived[k]) + i));
  }
  // As LibTorch's ReLU: what is not a number lets a gradient through.
  if (launch.y != nullptr && load(static_cast<const T*>(launch.y) + i) <= 0) {
    g = 0;
  }
  return g;
}

template <typename T>
__global__ void gradient_sums_kernel(GradientLaunch launch, int lanes) {
  const std::int64_t c = blockIdx.x;
  const int k = blockIdx.y;
  const std::int64_t channels = launch.sizes.channels;
  const T* x = static_cast<const T*>(launch.x[k]);
  const double mean = launch.moments[k * channels + c];
  const double inverse = launch.moments[(launch.norms + k) * channels + c];
  double products = 0;
  double sum = 0;
  for_channel(launch.sizes, c, lanes, [&](std::int64_t i) {
    const double g = arrived_at<T>(launch, i);
    products += g * ((load(x + i) - mean) * inverse);
    sum += g;
  });
  sum_over_block(products, sum);
  if (threadIdx.x != 0) return;
  launch.parameters[k * channels + c] = products;
  launch.parameters[(launch.norms + k) * channels + c] = sum;
}

template <typename T>
__global__ void gradients_kernel(GradientLaunch launch) {
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
    const double product = launch.parameters[k * channels + c] / values;
    const double sum =
        launch.parameters[(launch.norms + k) * channels + c] / values;
    a[k] = static_cast<Real>(scaled);
    b[k] = static_cast<Real>(-scaled * product * inverse);
    d[k] = static_cast<Real>(scaled * (product * inverse * mean - sum));
  }
  const std::int64_t begin = plane * launch.sizes.positions;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.y) * blockDim.x;
  for (std::int64_t i = blockIdx.y * blockDim.x + threadIdx.x;
       i < launch.sizes.positions;
       i += step) {
    const Real g = arrived_at<T>(launch, begin + i);
    if (launch.as_it_is != nullptr) {
      store(static_cast<T*>(launch.as_it_is) + begin + i, g);
    }
    for (int k = 0; k < launch.norms; ++k) {
      const Real x = load(static_cast<const T*>(launch.x[k]) + begin + i);
      store(
          static_cast<T*>(launch.dx[k]) + begin + i,
          g * a[k] + (x * b[k] + d[k]));
    }
  }
}

/// How many threads go along a plane: a power of two.
int lanes_for(const MapSizes& sizes) {
  int lanes = kWarp;
  while (lanes < kSumThreads && lanes < sizes.positions) lanes *= 2;
  return lanes;
}

/// A block a plane, several where planes are large.
dim3 map_grid(const MapSizes& sizes) {
  constexpr std::int64_t kEach = 4;
  const std::int64_t blocks =
      (sizes.positions + kEach * kMapThreads - 1) / (kEach * kMapThreads);
  return dim3(
      static_cast<unsigned>(sizes.samples * sizes.channels),
      static_cast<unsigned>(blocks < 65535 ? blocks : 65535));
}

int map_threads(const MapSizes& sizes) {
  int threads = kWarp;
  while (threads < kMapThreads && threads < sizes.positions) threads *= 2;
  return threads;
}

dim3 channel_grid(const MapSizes& sizes, int count) {
  return dim3(
      static_cast<unsigned>(sizes.channels), static_cast<unsigned>(count));
}

/// Calls use(pointer to a number of this kind).
template <typename Use>
void with_type(Number number, const Use& use) {
  switch (number) {
    case Number::float32:
      return use(static_cast<float*>(nullptr));
    case Number::float64:
      return use(static_cast<double*>(nullptr));
    case Number::bfloat16:
      return use(static_cast<__nv_bfloat16*>(nullptr));
  }
}

template <typename Pointer>
using Pointee = std::remove_pointer_t<Pointer>;

}  // namespace

void launch_moments(
    Number number,
    const MomentsLaunch& launch,
    cudaStream_t stream) {
  with_type(number, [&](auto* type) {
    using T = Pointee<decltype(type)>;
    moments_kernel<T>
        <<<channel_grid(launch.sizes, launch.count), kSumThreads, 0, stream>>>(
            launch, lanes_for(launch.sizes));
  });
}

void launch_sum(Number number, const SumLaunch& launch, cudaStream_t stream) {
  with_type(number, [&](auto* type) {
    using T = Pointee<decltype(type)>;
    sum_kernel<T>
        <<<map_grid(launch.sizes), map_threads(launch.sizes), 0, stream>>>(
            launch);
  });
}

void launch_gradients(
    Number number,
    const GradientLaunch& launch,
    cudaStream_t stream) {
  with_type(number, [&](auto* type) {
    using T = Pointee<decltype(type)>;
    if (launch.norms > 0) {
      gradient_sums_kernel<T>
          <<<channel_grid(launch.sizes, launch.norms),
             kSumThreads,
             0,
             stream>>>(launch, lanes_for(launch.sizes));
    }
    gradients_kernel<T>
        <<<map_grid(launch.sizes), map_threads(launch.sizes), 0, stream>>>(
            launch);
  });
}

}  // namespace zcp::kernels::cuda
