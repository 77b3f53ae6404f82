#include "apps/shard.h"

#include <charconv>

#include "apps/command.h"
#include "common/error.h"

namespace zcp::apps {

Shard parse_shard(const std::string& text) {
  const auto parts = split_list(text, '/');
  Shard shard;
  const auto parse = [](const std::string& part, std::uint64_t& number) {
    const char* end = part.data() + part.size();
    const auto result = std::from_chars(part.data(), end, number);
    return result.ec == std::errc() && result.ptr == end;
  };
  if (parts.size() != 2 || !parse(parts[0], shard.index) ||
      !parse(parts[1], shard.count)) {
    throw UserError("--shard {}: expected I/N, like 0/4", text);
  }
  if (shard.count == 0 || shard.index >= shard.count) {
    throw UserError("--shard {}: expected 0 <= I < N", text);
  }
  return shard;
}

}  // namespace zcp::apps
