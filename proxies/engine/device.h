// Where and in which precision networks run. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/Stream.h>

#include <optional>
#include <string>

namespace zcp::engine {

/// The dtype and device that --precision (fp32, bf16, fp64) and --device (cpu,
/// cuda:N) name. Throws UserError for other names, and for a CUDA device where
/// LibTorch has none.
at::TensorOptions tensor_options(
    const std::string& precision,
    const std::string& device);

/// A queue of the device for one evaluator alone, so that workers who share a
/// device do not wait for each other; none on the CPU. Waits until what was put
/// on the device's own queue is done.
std::optional<c10::Stream> own_stream(const at::Device& device);

}  // namespace zcp::engine
