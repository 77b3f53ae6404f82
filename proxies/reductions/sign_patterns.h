// Patterns of a unit's sign over the samples (SWAP). Needs LibTorch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "nets/networks/network.h"
#include "proxies/engine/descriptor.h"

namespace zcp::reductions {

/// Number of different patterns of sign (-1, 0, 1) over the samples among all
/// units of the ReLU, SiLU and GELU outputs of `calls`; none when no such call
/// ran. Up to 64 samples of ReLUs, or 32 where there are other activations, a
/// pattern is a 64-bit word. More are compared by 64-bit hashes: for 10^6 units
/// two of them collide with a probability of 3e-8.
std::optional<std::int64_t> count_patterns(
    std::span<const networks::LayerCall> calls);

/// That number as a score; degenerate where there is none.
engine::Score pattern_score(std::span<const networks::LayerCall> calls);

}  // namespace zcp::reductions
