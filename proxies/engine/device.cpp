#include "proxies/engine/device.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include "common/error.h"

namespace zcp::engine {
namespace {

at::ScalarType parse_precision(const std::string& name) {
  if (name == "fp32" || name == "tf32") return at::kFloat;
  if (name == "fp64") return at::kDouble;
  if (name == "bf16") return at::kBFloat16;
  throw UserError(
      "--precision {}: expected fp32, bf16, fp64, or on CUDA devices tf32",
      name);
}

/// How many devices of the kind this machine has.
int device_count(c10::DeviceType type) {
  return c10::impl::VirtualGuardImpl(type).deviceCount();
}

/// Throws UserError where this LibTorch or this machine has no such device.
void require_cuda(const at::Device& device, const std::string& name) {
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

at::Device parse_device(const std::string& name) {
  try {
    at::Device device(name);
    if (device.is_cuda()) require_cuda(device, name);
    return device;
  } catch (const c10::Error&) {
    throw UserError("--device {}: expected cpu or cuda:N", name);
  }
}

}  // namespace

at::TensorOptions tensor_options(
    const std::string& precision,
    const std::string& device) {
  const at::TensorOptions options(parse_precision(precision));
  const at::Device where = parse_device(device);
  if (precision == "tf32" && where.is_cpu()) {
    throw UserError(
        "--precision tf32: a processor has no such products; expected fp32, "
        "bf16 or fp64");
  }
  return options.device(where);
}

std::optional<c10::Stream> own_stream(const at::Device& device) {
  if (device.is_cpu()) return std::nullopt;
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.getStream(device).synchronize();
  return guard.getStreamFromGlobalPool(device);
}

}  // namespace zcp::engine
