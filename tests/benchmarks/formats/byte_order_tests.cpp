#include <doctest/doctest.h>

#include "benchmarks/formats/byte_order.h"

using namespace zcp::formats;

TEST_CASE("byte order: the lowest or the highest byte first") {
  CHECK(little_endian("\x01\x02\x03\x04") == 0x04030201U);
  CHECK(big_endian("\x01\x02\x03\x04") == 0x01020304U);
  CHECK(little_endian("\xff\xff\xff\xff\xff\xff\xff\xff") == ~std::uint64_t{0});
  CHECK(big_endian("\xfe\xff") == 0xfeffU);
  CHECK(little_endian("") == 0);
}
