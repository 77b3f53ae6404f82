// Which proxies hold in bfloat16. No LibTorch.
#pragma once

#include <optional>
#include <string>

namespace zcp::engine {

/// Why `proxy` has no score under --precision bf16; none where it has one.
///
/// Eight bits of mantissa are enough for a ranking or they are not: a proxy is
/// refused when Kendall's tau between its bf16 and its fp32 scores of 200
/// NATS-TSS cells is below 0.95, or was not measured. docs/performance.md has
/// the figures.
std::optional<std::string> refusal_in_bfloat16(const std::string& proxy);

/// What a user of --precision bf16 should know, for standard error; the
/// processor's abilities are looked up.
std::string describe_bfloat16();

}  // namespace zcp::engine
