#include "proxies/engine/bfloat16.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace zcp::engine {
namespace {

constexpr double kEnough = 0.95;

struct Agreement {
  std::string_view proxy;
  double tau;  ///< of bf16 against fp32
};

/// As tests/perf/run.sh --only bf16 prints them; to measure a proxy that is not
/// here, put it in with tau 1.
constexpr std::array kMeasured{
    Agreement{"params", 1},
    Agreement{"macs", 1},
    Agreement{"l2_norm", 1.000},
    Agreement{"grad_norm", 0.997},
    Agreement{"grad_norm_total", 0.995},
    Agreement{"snip", 0.992},
    Agreement{"plain", 0.733},
    Agreement{"fisher", 0.986},
    Agreement{"synflow", 1.000},
    Agreement{"synflow_bn", 0.999},
    Agreement{"logsynflow", 1.000},
    Agreement{"jacob_cov", 0.761},
    Agreement{"naswot", 0.997},
    Agreement{"nwot", 1.000},
    Agreement{"zen", 0.998},
    Agreement{"expressivity", 1.000},
    Agreement{"progressivity", 0.995},
    Agreement{"trainability", 0.997},
    Agreement{"meco", 0.999},
    Agreement{"near", 0.999},
    Agreement{"stable_rank", 0.999},
    Agreement{"apd", 0.999},
    Agreement{"zico", 0.952},
};

/// In instructions; without them every number goes through float32.
bool processor_has_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return true;
#endif
}

}  // namespace

std::optional<std::string> refusal_in_bfloat16(const std::string& proxy) {
  const auto found = std::ranges::find(kMeasured, proxy, &Agreement::proxy);
  if (found == kMeasured.end()) return "not measured in bf16";
  if (found->tau >= kEnough) return std::nullopt;
  return fmt::format(
      "does not hold in bf16: tau {:.2f} with its fp32 scores", found->tau);
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
