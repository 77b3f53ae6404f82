// Whether a score exists.
#pragma once

#include <cstdint>
#include <string_view>

namespace zcp {

/// degenerate: the network has no such score (singular kernel, no ReLU, ...);
/// failed: the score could not be computed.
enum class ScoreStatus : std::uint8_t { ok, degenerate, failed };

/// "ok", "degenerate" or "failed", as the store keeps it.
std::string_view to_text(ScoreStatus status);

}  // namespace zcp
