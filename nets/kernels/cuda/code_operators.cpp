#include "nets/kernels/cuda/code_operators.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include <algorithm>

#include "nets/kernels/codes.h"
#include "nets/kernels/cuda/codes.h"
#include "nets/kernels/cuda/numbers.h"

namespace zcp::kernels {
namespace {

/// Whether the kernels have room for the samples and know the numbers.
bool fits(at::TensorList outputs) {
  return outputs[0].size(0) <= cuda::kMostSamples && cuda::is_known(outputs[0]);
}

/// Adds the differences of the codes of some outputs, as many as fit.
void add_differences(
    at::TensorList outputs,
    at::IntArrayRef uses,
    const at::Tensor& differences) {
  cuda::CodeLaunch launch{};
  launch.count = static_cast<int>(outputs.size());
  launch.samples = static_cast<int>(differences.size(0));
  constexpr std::int64_t kUnitsAtOnce = 32 * cuda::kWordsAtOnce;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const std::int64_t units = outputs[k].numel() / launch.samples;
    launch.outputs[k] = outputs[k].data_ptr();
    launch.units[k] = units;
    launch.first_word[k + 1] =
        launch.first_word[k] +
        (units + kUnitsAtOnce - 1) / kUnitsAtOnce * cuda::kWordsAtOnce;
    launch.uses[k] = static_cast<int>(uses[k]);
  }
  const at::Tensor words = at::empty(
      {launch.samples, launch.first_word[launch.count]},
      differences.options().dtype(at::kInt));
  launch.words = reinterpret_cast<std::uint32_t*>(words.data_ptr<int>());
  launch.differences = differences.data_ptr<std::int64_t>();
  cuda::launch_codes(
      cuda::number_of(outputs[0]), launch, c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

at::Tensor differences_on_cuda(at::TensorList outputs, at::IntArrayRef uses) {
  if (!fits(outputs)) return code_differences_by_operators(outputs, uses);
  const c10::cuda::CUDAGuard guard(outputs[0].device());
  const std::int64_t samples = outputs[0].size(0);
  const at::Tensor differences =
      at::zeros({samples, samples}, outputs[0].options().dtype(at::kLong));
  for (std::size_t k = 0; k < outputs.size(); k += cuda::kMostOutputs) {
    const std::size_t count =
        std::min<std::size_t>(cuda::kMostOutputs, outputs.size() - k);
    add_differences(outputs.slice(k, count), uses.slice(k, count), differences);
  }
  return differences;
}

}  // namespace

void link_cuda_codes() {}

}  // namespace zcp::kernels

TORCH_LIBRARY_IMPL(zcp, CUDA, library) {
  library.impl("code_differences", &zcp::kernels::differences_on_cuda);
}
