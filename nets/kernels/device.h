// The devices of this machine that networks run on. Needs LibTorch.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <optional>
#include <string>

namespace zcp::kernels {

/// The device that --device names (cpu, cuda:N). Throws UserError for other
/// names, and for a CUDA device that LibTorch or the machine does not have.
c10::Device find_device(const std::string& name);

/// A queue of the device for its caller alone, so that workers who share a
/// device do not wait for each other; none on the CPU. Waits until what was put
/// on the device's own queue is done.
std::optional<c10::Stream> own_stream(const c10::Device& device);

}  // namespace zcp::kernels
