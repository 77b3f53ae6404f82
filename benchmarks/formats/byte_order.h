// Numbers of up to eight bytes, as files hold them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zcp::formats {

/// The unsigned number whose lowest byte comes first.
inline std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

/// The unsigned number whose highest byte comes first.
inline std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8U | static_cast<unsigned char>(byte);
  }
  return value;
}

}  // namespace zcp::formats
