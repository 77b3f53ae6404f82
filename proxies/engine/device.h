// Where and in which precision networks run. Needs LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace zcp::engine {

/// The dtype and device that --precision (fp32, tf32, bf16, fp64) and --device
/// (cpu, cuda:N) name. Throws UserError for other names, for a CUDA device that
/// LibTorch or the machine does not have, and for tf32 on a processor.
at::TensorOptions tensor_options(
    const std::string& precision,
    const std::string& device);

}  // namespace zcp::engine
