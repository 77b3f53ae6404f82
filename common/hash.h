// Stable 64-bit hashes (XXH3): the same value on every machine and version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zcp {

/// XXH3 of the bytes.
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);

/// Order-dependent combination of two hashes.
std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b);

/// 16 lower-case hexadecimal digits.
std::string hash_hex(std::uint64_t hash);

}  // namespace zcp
