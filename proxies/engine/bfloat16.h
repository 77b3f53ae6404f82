// Which proxies have a score in bfloat16. No LibTorch in this header.
#pragma once

#include <optional>
#include <string>

#include "proxies/engine/descriptor.h"

namespace zcp::engine {

/// Why `proxy` has no score under --precision bf16; none where it has one.
///
/// Bfloat16 has a mantissa of eight bits, which keeps the ranking of some
/// proxies and not of others. A proxy is refused when its bfloat16_tau is below
/// 0.95 or was not measured. docs/performance.md has the figures.
std::optional<std::string> refusal_in_bfloat16(const Descriptor& proxy);

/// What a user of --precision bf16 should know, for standard error; it depends
/// on whether this processor has instructions for bfloat16.
std::string describe_bfloat16();

}  // namespace zcp::engine
