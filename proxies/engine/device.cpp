#include "proxies/engine/device.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include "common/error.h"

namespace zcp::engine {
namespace {

at::ScalarType parse_precision(const std::string& name) {
  if (name == "fp32") return at::kFloat;
  if (name == "fp64") return at::kDouble;
  if (name == "bf16") return at::kBFloat16;
  throw UserError("--precision {}: expected fp32, bf16 or fp64", name);
}

at::Device parse_device(const std::string& name) {
  try {
    at::Device device(name);
    if (device.is_cuda() && !at::hasCUDA()) {
      throw UserError("--device {}: this LibTorch has no CUDA", name);
    }
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
  return options.device(parse_device(device));
}

std::optional<c10::Stream> own_stream(const at::Device& device) {
  if (device.is_cpu()) return std::nullopt;
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.getStream(device).synchronize();
  return guard.getStreamFromGlobalPool(device);
}

}  // namespace zcp::engine
