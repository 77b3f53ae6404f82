// Where and in which precision networks run. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/Stream.h>

#include <optional>
#include <string>

namespace zcp::engine {

/// The dtype and device that --precision (fp32, tf32, bf16, fp64) and --device
/// (cpu, cuda:N) name. Throws UserError for other names, for a CUDA device that
/// LibTorch or the machine does not have, and for tf32 on a processor.
at::TensorOptions tensor_options(
    const std::string& precision,
    const std::string& device);

/// A queue of the device for one evaluator alone, so that workers who share a
/// device do not wait for each other; none on the CPU. Waits until what was put
/// on the device's own queue is done.
std::optional<c10::Stream> own_stream(const at::Device& device);

}  // namespace zcp::engine
