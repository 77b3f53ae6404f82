// Stable 64-bit hashes (XXH3): the same value on every machine and version.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace zcp {

/// XXH3 of the bytes.
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);

/// XXH3 of the bytes of the numbers as they lie in memory, which is
/// little-endian on every machine that zcp runs on.
template <typename Number>
std::uint64_t hash_numbers(const std::vector<Number>& numbers) {
  static_assert(std::is_arithmetic_v<Number>);
  return hash64(
      {reinterpret_cast<const char*>(numbers.data()),
       numbers.size() * sizeof(Number)});
}

/// hash64() of bytes that come piece by piece.
class StreamHash {
 public:
  StreamHash();
  ~StreamHash();
  StreamHash(const StreamHash&) = delete;
  StreamHash& operator=(const StreamHash&) = delete;

  void add(std::string_view bytes);
  /// Of all that was added.
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Order-dependent combination of two hashes.
std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b);

/// 16 lower-case hexadecimal digits.
std::string hash_hex(std::uint64_t hash);

}  // namespace zcp
