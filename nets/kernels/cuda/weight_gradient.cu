// cuDNN takes Fourier transforms for these sums in float32, which cost three
// digits of small gradients and several times the time.
#include "nets/kernels/cuda/weight_gradient.h"

namespace zcp::kernels::cuda {
namespace {

constexpr int kTile = kGradientTile;
constexpr int kThreads = 256;
constexpr int kGroupThreads = 64;  // 8 x 8: two channels each way a thread
constexpr int kGroups = kThreads / kGroupThreads;
constexpr int kTaps = 9;
constexpr int kOwn = 4 * kTaps;  // sums that a thread makes
constexpr int kPixels = 8;       // of a row, held in registers at once

/// Floats from one channel to the next in shared memory; where the channels of
/// a warp begin in different banks.
template <int Width>
struct Tile {
  static constexpr int kRows = band_rows(Width);
  static constexpr int kInRow = Width + 2;
  static constexpr int kIn = (kRows + 2) * kInRow;
  static constexpr int kOut = kRows * Width + 8;
};

template <int Width>
__device__ void load_band(
    const WeightGradientLaunch& launch,
    int sample,
    int first_row,
    int first_in,
    int first_out,
    float* in,
    float* out) {
  using T = Tile<Width>;
  const int plane = launch.height * Width;
  for (int i = threadIdx.x; i < kTile * T::kIn; i += kThreads) {
    const int channel = i / T::kIn;
    const int row = first_row + (i % T::kIn) / T::kInRow - 1;
    const int column = i % T::kInRow - 1;
    const bool inside =
        row >= 0 && row < launch.height && column >= 0 && column < Width;
    const std::int64_t at =
        (static_cast<std::int64_t>(sample) * launch.in + first_in + channel) *
            plane +
        row * Width + column;
    in[i] = inside ? launch.x[at] : 0.0F;
  }
  for (int i = threadIdx.x; i < kTile * T::kRows * Width; i += kThreads) {
    const int channel = i / (T::kRows * Width);
    const int pixel = i % (T::kRows * Width);
    const std::int64_t at =
        (static_cast<std::int64_t>(sample) * launch.out + first_out + channel) *
            plane +
        first_row * Width + pixel;
    out[channel * T::kOut + pixel] = launch.dy[at];
  }
}

/// Adds the products of one row: sums[(2 o + i) 9 + tap] for the thread's
/// output channels o and input channels i.
template <int Width>
__device__ void add_row(
    const float* in,
    const float* out,
    int row,
    int in_channel,
    int out_channel,
    float* sums) {
  using T = Tile<Width>;
  for (int begin = 0; begin < Width; begin += kPixels) {
    float g[2][kPixels];
#pragma unroll
    for (int o = 0; o < 2; ++o) {
#pragma unroll
      for (int w = 0; w < kPixels; ++w) {
        g[o][w] =
            out[(out_channel + 8 * o) * T::kOut + row * Width + begin + w];
      }
    }
#pragma unroll
    for (int i = 0; i < 2; ++i) {
#pragma unroll
      for (int h = 0; h < 3; ++h) {
        float x[kPixels + 2];
#pragma unroll
        for (int w = 0; w < kPixels + 2; ++w) {
          x[w] =
              in[(in_channel + 8 * i) * T::kIn + (row + h) * T::kInRow + begin +
                 w];
        }
#pragma unroll
        for (int o = 0; o < 2; ++o) {
#pragma unroll
          for (int tap = 0; tap < 3; ++tap) {
#pragma unroll
            for (int w = 0; w < kPixels; ++w) {
              sums[(2 * o + i) * kTaps + 3 * h + tap] += g[o][w] * x[w + tap];
            }
          }
        }
      }
    }
  }
}

/// Adds the sums of the block's groups, in their order, to those of group 0.
__device__ void add_groups(float* shared, float* sums) {
  const int group = threadIdx.x / kGroupThreads;
  const int member = threadIdx.x % kGroupThreads;
  for (int other = 1; other < kGroups; ++other) {
    __syncthreads();
    if (group == other) {
#pragma unroll
      for (int k = 0; k < kOwn; ++k)
        shared[k * kGroupThreads + member] = sums[k];
    }
    __syncthreads();
    if (group == 0) {
#pragma unroll
      for (int k = 0; k < kOwn; ++k)
        sums[k] += shared[k * kGroupThreads + member];
    }
  }
}

template <int Width>
__global__ void __launch_bounds__(kThreads, 2)
    partial_kernel(WeightGradientLaunch launch) {
  using T = Tile<Width>;
  constexpr int kFloats = kTile * (T::kIn + T::kOut);
  static_assert(kFloats >= kOwn * kGroupThreads);
  __shared__ float shared[kFloats];
  float* in = shared;
  float* out = shared + kTile * T::kIn;
  const int in_tiles = launch.in / kTile;
  const int first_in = static_cast<int>(blockIdx.x) % in_tiles * kTile;
  const int first_out = static_cast<int>(blockIdx.x) / in_tiles * kTile;
  const int group = threadIdx.x / kGroupThreads;
  const int in_channel = threadIdx.x % 8;
  const int out_channel = threadIdx.x % kGroupThreads / 8;
  const int bands_a_sample = launch.height / T::kRows;
  const int bands = launch.samples * bands_a_sample;
  float sums[kOwn] = {};
  for (int band = blockIdx.y; band < bands; band += launch.splits) {
    __syncthreads();
    load_band<Width>(
        launch,
        band / bands_a_sample,
        band % bands_a_sample * T::kRows,
        first_in,
        first_out,
        in,
        out);
    __syncthreads();
    for (int row = group; row < T::kRows; row += kGroups) {
      add_row<Width>(in, out, row, in_channel, out_channel, sums);
    }
  }
  add_groups(shared, sums);
  if (group != 0) return;
  float* part = launch.partial + static_cast<std::int64_t>(blockIdx.y) *
                                     launch.out * launch.in * kTaps;
#pragma unroll
  for (int k = 0; k < kOwn; ++k) {
    const int o = first_out + out_channel + 8 * (k / (2 * kTaps));
    const int i = first_in + in_channel + 8 * (k / kTaps % 2);
    part[(static_cast<std::int64_t>(o) * launch.in + i) * kTaps + k % kTaps] =
        sums[k];
  }
}

__global__ void total_kernel(WeightGradientLaunch launch) {
  const std::int64_t count =
      static_cast<std::int64_t>(launch.out) * launch.in * kTaps;
  const std::int64_t at =
      static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (at >= count) return;
  double total = 0;
  for (int part = 0; part < launch.splits; ++part) {
    total += launch.partial[part * count + at];
  }
  launch.gradient[at] = static_cast<float>(total);
}

}  // namespace

int weight_gradient_splits(const WeightGradientLaunch& launch) {
  constexpr int kBlocks = 264;  // two on each multiprocessor of an H100
  const int tiles = launch.in / kTile * (launch.out / kTile);
  const int bands = launch.samples * (launch.height / band_rows(launch.width));
  const int splits = (kBlocks + tiles - 1) / tiles;
  return splits < bands ? splits : bands;
}

void launch_weight_gradient(
    const WeightGradientLaunch& launch,
    cudaStream_t stream) {
  const dim3 grid(
      static_cast<unsigned>(launch.in / kTile * (launch.out / kTile)),
      static_cast<unsigned>(launch.splits));
  if (launch.width == 8) {
    partial_kernel<8><<<grid, kThreads, 0, stream>>>(launch);
  } else if (launch.width == 16) {
    partial_kernel<16><<<grid, kThreads, 0, stream>>>(launch);
  } else {
    partial_kernel<32><<<grid, kThreads, 0, stream>>>(launch);
  }
  const int count = launch.out * launch.in * kTaps;
  total_kernel<<<(count + kThreads - 1) / kThreads, kThreads, 0, stream>>>(
      launch);
}

}  // namespace zcp::kernels::cuda
