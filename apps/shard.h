// --shard I/N: a stable part of the architectures.
#pragma once

#include <cstdint>
#include <string>

namespace zcp::apps {

struct Shard {
  std::uint64_t index = 0;
  std::uint64_t count = 1;

  /// Whether an architecture whose graph has this hash belongs to the part.
  bool takes(std::uint64_t hash) const { return hash % count == index; }
};

/// Throws UserError unless the text is I/N with 0 <= I < N.
Shard parse_shard(const std::string& text);

}  // namespace zcp::apps
