#include "benchmarks/tasks/idx.h"
#include "tests/support/bytes.h"
#include "tests/support/temporary.h"

using namespace zcp::tasks;
using namespace zcp::test;

namespace {

// As http://yann.lecun.com/exdb/mnist has the format: two zeros, the type 8,
// the dimensions, their sizes highest byte first, the elements.
const std::string kImages = from_hex(
    "00000803"
    "00000002"
    "00000001"
    "00000003"
    "010203040506");
const std::string kLabels = from_hex(
    "00000801"
    "00000002"
    "0900");

std::string images_error(const std::string& bytes) {
  return user_error([&] { parse_idx(bytes, "i", 3); });
}

}  // namespace

TEST_CASE("idx: sizes and elements") {
  const IdxArray array = parse_idx(kImages, "i", 3);
  CHECK(array.sizes == std::vector<std::int64_t>{2, 1, 3});
  CHECK(array.bytes == "\1\2\3\4\5\6");
}

TEST_CASE("idx: images and labels become an image set") {
  const ImageSet set =
      join_idx(parse_idx(kImages, "i", 3), parse_idx(kLabels, "l", 1), 10, "l");
  CHECK(set.shape == zcp::Shape{1, 1, 3});
  CHECK(set.pixels == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6});
  CHECK(set.labels == std::vector<std::int64_t>{9, 0});
  CHECK(user_error([] {
          join_idx(
              parse_idx(kImages, "i", 3), parse_idx(kLabels, "l", 1), 9, "l");
        }) == "l: label 0 (from 0): found 9, expected 0 to 8");
}

TEST_CASE("idx: files that are another, cut, or lie about their sizes") {
  CHECK(
      images_error(kImages.substr(0, 15)) ==
      "i: found 15 bytes, expected an IDX header of 16");
  CHECK(
      images_error(kLabels + kImages) ==
      "i: byte 0: found 0x00000801, expected 0x00000803 (IDX, unsigned bytes, "
      "3 dimensions)");
  CHECK(
      images_error(kImages.substr(0, 21)) ==
      "i: found 5 bytes behind the header, expected 2 x 1 x 3 (a cut file?)");
  CHECK(images_error(kImages + "x").ends_with("2 x 1 x 3 (a cut file?)"));
  // 2^31 x 2^31 x 4 overflows 64 bits to 0.
  CHECK(images_error(from_hex("00000803"
                              "80000000"
                              "80000000"
                              "00000004"))
            .ends_with("2147483648 x 2147483648 x 4 (a cut file?)"));
}
