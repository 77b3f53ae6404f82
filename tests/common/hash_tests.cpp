#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "common/hash.h"

namespace {

constexpr std::uint64_t kPrime = 0x9E3779B185EBCA8D;

/// The bytes that xxHash's own check hashes (cli/xsum_sanity_check.c).
std::string sanity_bytes(std::size_t size) {
  std::string bytes;
  std::uint64_t generator = 2654435761U;
  for (std::size_t i = 0; i < size; ++i) {
    bytes += static_cast<char>(generator >> 56U);
    generator *= 11400714785074694797U;
  }
  return bytes;
}

}  // namespace

TEST_CASE("hash: XXH3 as xxHash's own check expects it") {
  struct Vector {
    std::size_t size;
    std::uint64_t seed;
    std::uint64_t hash;
  };
  constexpr Vector kVectors[] = {
      {0, 0, 0x2D06800538D394C2},
      {0, kPrime, 0xA8A6B918B2F0364A},
      {1, 0, 0xC44BDFF4074EECDB},
      {1, kPrime, 0x032BE332DD766EF8},
      {6, 0, 0x27B56A84CD2D7325},
      {6, kPrime, 0x84589C116AB59AB9},
      {12, 0, 0xA713DAF0DFBB77E7},
      {12, kPrime, 0xE7303E1B2336DE0E},
      {24, 0, 0xA3FE70BF9D3510EB},
      {24, kPrime, 0x850E80FC35BDD690},
      {48, 0, 0x397DA259ECBA1F11},
      {80, 0, 0xBCDEFBBB2C47C90A}};
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.size);
    CHECK(zcp::hash64(sanity_bytes(vector.size), vector.seed) == vector.hash);
  }
}

TEST_CASE("hash: two hashes are one of their 16 bytes, in their order") {
  const std::string bytes("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16);
  CHECK(zcp::hash_combine(1, 2) == zcp::hash64(bytes));
  CHECK(zcp::hash_combine(2, 1) != zcp::hash_combine(1, 2));
}

TEST_CASE("hash: numbers are hashed by their bytes") {
  CHECK(
      zcp::hash_numbers(std::vector<std::uint16_t>{0x4241, 0x4443}) ==
      zcp::hash64("ABCD"));
  // 1.0F is 0x3f800000 (IEEE 754).
  CHECK(
      zcp::hash_numbers(std::vector<float>{1.0F}) ==
      zcp::hash64(std::string("\0\0\x80\x3f", 4)));
  CHECK(zcp::hash_numbers(std::vector<double>{}) == zcp::hash64(""));
}

TEST_CASE("hash: always 16 digits") {
  CHECK(zcp::hash_hex(0) == "0000000000000000");
  CHECK(zcp::hash_hex(0x2D06800538D394C2) == "2d06800538d394c2");
}

TEST_CASE("hash: pieces give the hash of the whole") {
  const std::string bytes = sanity_bytes(2000);
  for (const std::size_t size : {1, 7, 240, 241, 2000}) {
    zcp::StreamHash hash;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      hash.add(std::string_view(bytes).substr(at, size));
    }
    CHECK(hash.value() == zcp::hash64(bytes));
  }
  CHECK(zcp::StreamHash().value() == zcp::hash64(""));
}
