#include "proxies/engine/device.h"

#include "common/error.h"
#include "nets/kernels/device.h"

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

}  // namespace

at::TensorOptions tensor_options(
    const std::string& precision,
    const std::string& device) {
  const at::TensorOptions options(parse_precision(precision));
  const at::Device where = kernels::find_device(device);
  if (precision == "tf32" && where.is_cpu()) {
    throw UserError(
        "--precision tf32: a processor has no such products; expected fp32, "
        "bf16 or fp64");
  }
  return options.device(where);
}

}  // namespace zcp::engine
