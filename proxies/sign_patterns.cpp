#include "proxies/sign_patterns.h"

#include <algorithm>
#include <vector>

namespace zcp::proxies {
namespace {

/// A hash of each unit's signs, sample after sample.
void append_patterns(
    const at::Tensor& output,
    std::vector<std::uint64_t>& patterns) {
  const at::Tensor signs =
      output.detach().flatten(1).sign().to(at::kCPU, at::kChar).contiguous();
  const auto units = static_cast<std::size_t>(signs.size(1));
  const std::size_t begin = patterns.size();
  patterns.resize(begin + units, 0x9e3779b97f4a7c15ULL);
  const std::int8_t* row = signs.data_ptr<std::int8_t>();
  for (std::int64_t n = 0; n < signs.size(0); ++n, row += units) {
    for (std::size_t u = 0; u < units; ++u) {
      std::uint64_t& hash = patterns[begin + u];
      hash ^= static_cast<std::uint64_t>(row[u] + 2);
      hash *= 0xff51afd7ed558ccdULL;  // a step of MurmurHash3's finaliser
      hash ^= hash >> 32;
    }
  }
}

}  // namespace

std::optional<std::int64_t> count_patterns(
    std::span<const nets::LayerCall> calls) {
  std::vector<std::uint64_t> patterns;
  bool any = false;
  for (const nets::LayerCall& call : calls) {
    if (call.kind != nets::LayerKind::relu &&
        call.kind != nets::LayerKind::smooth_activation) {
      continue;
    }
    any = true;
    append_patterns(call.output, patterns);
  }
  if (!any) return std::nullopt;
  std::ranges::sort(patterns);
  const auto rest = std::ranges::unique(patterns);
  return static_cast<std::int64_t>(rest.begin() - patterns.begin());
}

}  // namespace zcp::proxies
