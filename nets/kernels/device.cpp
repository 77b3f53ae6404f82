#include "nets/kernels/device.h"

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "common/error.h"

namespace zcp::kernels {
namespace {

/// How many devices of the kind this machine has.
int device_count(c10::DeviceType type) {
  return c10::impl::VirtualGuardImpl(type).deviceCount();
}

/// Throws UserError where this LibTorch or this machine has no such device.
void require_cuda(const c10::Device& device, const std::string& name) {
  if (!at::hasCUDA()) {
    throw UserError("--device {}: this LibTorch has no CUDA", name);
  }
  const int count = device_count(device.type());
  if (count == 0) {
    throw UserError(
        "--device {}: found no CUDA device that LibTorch can use (nvidia-smi "
        "shows the driver's)",
        name);
  }
  if (device.has_index() && device.index() >= count) {
    throw UserError(
        "--device {}: found {} CUDA device{}, counted from 0",
        name,
        count,
        count == 1 ? "" : "s");
  }
}

}  // namespace

c10::Device find_device(const std::string& name) {
  try {
    c10::Device device(name);
    if (device.is_cuda()) require_cuda(device, name);
    return device;
  } catch (const c10::Error&) {
    throw UserError("--device {}: expected cpu or cuda:N", name);
  }
}

std::optional<c10::Stream> own_stream(const c10::Device& device) {
  if (device.is_cpu()) return std::nullopt;
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.getStream(device).synchronize();
  return guard.getStreamFromGlobalPool(device);
}

}  // namespace zcp::kernels
