// How much a model's archive may make of few bytes.
#pragma once

#include <cstdint>

namespace zcp::formats {

/// Of compressed code and tables; large networks have a few megabytes.
inline constexpr std::uint64_t kMostInflated = std::uint64_t{256} << 20U;
/// Elements of a tensor that are fewer in its storage (expanded ones).
inline constexpr std::int64_t kMostExpanded = std::int64_t{1} << 28U;

}  // namespace zcp::formats
