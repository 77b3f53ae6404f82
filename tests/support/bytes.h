// Bytes that tests write down, and texts that they change.
#pragma once

#include <doctest/doctest.h>

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

namespace zcp::test {

/// The bytes of pairs of hexadecimal digits.
inline std::string from_hex(std::string_view digits) {
  // Constants call this before doctest runs, so it cannot assert.
  const auto require = [](bool holds) {
    if (!holds) throw std::invalid_argument("not an even number of hex digits");
  };
  require(digits.size() % 2 == 0);
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    const char* end = digits.data() + i + 2;
    require(std::from_chars(digits.data() + i, end, byte, 16).ptr == end);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

/// `text` with the first `from`, which it must have, replaced by `to`.
inline std::string
replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace zcp::test
