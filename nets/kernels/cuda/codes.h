// Launches of the kernels in codes.cu. No LibTorch in this header, so that nvcc
// need not read LibTorch's.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "nets/kernels/cuda/norm_sum.h"

namespace zcp::kernels::cuda {

/// As many outputs as one launch takes.
constexpr int kMostOutputs = 64;
/// Words of a code that a block compares at once, and the most samples whose
/// words it has room for.
constexpr int kWordsAtOnce = 64;
constexpr int kMostSamples = 128;

/// Codes of `count` outputs [samples, units]. The words of output k begin at
/// first_word[k] of a sample's and end at first_word[k + 1], a multiple of
/// kWordsAtOnce later; bits beyond the units are 0.
struct CodeLaunch {
  int count;
  int samples;
  const void* outputs[kMostOutputs];
  std::int64_t units[kMostOutputs];
  std::int64_t first_word[kMostOutputs + 1];
  int uses[kMostOutputs];
  std::uint32_t* words;       ///< [samples, first_word[count]]
  std::int64_t* differences;  ///< [samples, samples], added to
};

/// Two launches: codes as bits, then the differences of each pair of samples.
/// Integers are added, so that their order does not matter.
void launch_codes(Number, const CodeLaunch&, cudaStream_t);

}  // namespace zcp::kernels::cuda
