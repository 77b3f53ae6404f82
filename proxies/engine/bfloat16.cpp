#include "proxies/engine/bfloat16.h"

#include <fmt/format.h>

namespace zcp::engine {
namespace {

/// The least tau with the fp32 scores at which a ranking is the same for most
/// purposes.
constexpr double kLeastTau = 0.95;

/// Whether this processor computes in bfloat16; without such instructions
/// every number is converted to float32 and back.
bool processor_has_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return true;
#endif
}

}  // namespace

std::optional<std::string> refusal_in_bfloat16(const Descriptor& proxy) {
  if (!proxy.bfloat16_tau) return "not measured in bf16";
  if (*proxy.bfloat16_tau >= kLeastTau) return std::nullopt;
  return fmt::format(
      "does not hold in bf16: tau {:.2f} with its fp32 scores",
      *proxy.bfloat16_tau);
}

std::string describe_bfloat16() {
  std::string text =
      "weights and activations in bfloat16 (8 bits of mantissa), sums in "
      "float64; rankings agree with those of fp32 (tau 0.95 or more), scores "
      "only to two digits";
  if (!processor_has_bfloat16()) {
    text += "; this processor has no instructions for it and is slower so";
  }
  return text;
}

}  // namespace zcp::engine
