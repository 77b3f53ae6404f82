#include <cuda_bf16.h>

#include "nets/kernels/cuda/codes.h"

namespace zcp::kernels::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kThreads = 256;

__device__ bool positive(const float* x) {
  return *x > 0;
}
__device__ bool positive(const double* x) {
  return *x > 0;
}
__device__ bool positive(const __nv_bfloat16* x) {
  return __bfloat162float(*x) > 0;
}

/// The output to which a word of a code belongs.
__device__ int output_of(const CodeLaunch& launch, std::int64_t word) {
  int low = 0;
  int high = launch.count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (launch.first_word[middle] <= word) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/// A warp makes kWordsAtOnce / (kThreads / kWarp) words of one sample.
template <typename T>
__global__ void pack_kernel(CodeLaunch launch) {
  const std::int64_t first =
      static_cast<std::int64_t>(blockIdx.x) * kWordsAtOnce;
  const int sample = blockIdx.y;
  const int k = output_of(launch, first);
  const T* values =
      static_cast<const T*>(launch.outputs[k]) + sample * launch.units[k];
  const std::int64_t all_words = launch.first_word[launch.count];
  const int lane = threadIdx.x % kWarp;
  for (int w = threadIdx.x / kWarp; w < kWordsAtOnce; w += kThreads / kWarp) {
    const std::int64_t unit = (first + w - launch.first_word[k]) * kWarp + lane;
    const bool bit = unit < launch.units[k] && positive(values + unit);
    const unsigned word = __ballot_sync(~0u, bit);
    if (lane == 0) launch.words[sample * all_words + first + w] = word;
  }
}

/// A block compares all pairs of samples in kWordsAtOnce words.
__global__ void compare_kernel(CodeLaunch launch) {
  // One word more than needed: samples lie in different banks.
  __shared__ std::uint32_t words[kMostSamples][kWordsAtOnce + 1];
  const std::int64_t first =
      static_cast<std::int64_t>(blockIdx.x) * kWordsAtOnce;
  const std::int64_t all_words = launch.first_word[launch.count];
  for (int i = threadIdx.x; i < launch.samples * kWordsAtOnce; i += kThreads) {
    const int sample = i / kWordsAtOnce;
    const int word = i % kWordsAtOnce;
    words[sample][word] = launch.words[sample * all_words + first + word];
  }
  __syncthreads();
  const int uses = launch.uses[output_of(launch, first)];
  for (int pair = threadIdx.x; pair < launch.samples * launch.samples;
       pair += kThreads) {
    const int a = pair / launch.samples;
    const int b = pair % launch.samples;
    if (a >= b) continue;  // of both orders one is counted
    int differences = 0;
    for (int w = 0; w < kWordsAtOnce; ++w) {
      differences += __popc(words[a][w] ^ words[b][w]);
    }
    if (differences == 0) continue;
    const auto value = static_cast<unsigned long long>(differences) * uses;
    auto* const out = reinterpret_cast<unsigned long long*>(launch.differences);
    atomicAdd(out + a * launch.samples + b, value);
    atomicAdd(out + b * launch.samples + a, value);
  }
}

template <typename T>
void launch_both(const CodeLaunch& launch, cudaStream_t stream) {
  const auto parts =
      static_cast<unsigned>(launch.first_word[launch.count] / kWordsAtOnce);
  const dim3 grid(parts, static_cast<unsigned>(launch.samples));
  pack_kernel<T><<<grid, kThreads, 0, stream>>>(launch);
  compare_kernel<<<parts, kThreads, 0, stream>>>(launch);
}

}  // namespace

void launch_codes(
    Number number,
    const CodeLaunch& launch,
    cudaStream_t stream) {
  switch (number) {
    case Number::float32:
      return launch_both<float>(launch, stream);
    case Number::float64:
      return launch_both<double>(launch, stream);
    case Number::bfloat16:
      return launch_both<__nv_bfloat16>(launch, stream);
  }
}

}  // namespace zcp::kernels::cuda
