#include <algorithm>
#include <cstdlib>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/numpy_file.h"
#include "benchmarks/tasks/image_file.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::formats;
using namespace zcp::tasks;
using namespace zcp::test;

namespace {

/// Files that Pillow wrote (tests/reference/make_formats.py).
std::string photo(const std::string& name) {
  return read_bytes(golden("formats/photo_" + name));
}

Photograph decoded(const std::string& name) {
  return decode_photograph(photo(name), name);
}

/// The largest difference to the pixels that Pillow has.
int difference(const Photograph& image, const std::string& expected) {
  const NumpyFile file(photo(expected + ".npy"), expected);
  REQUIRE(
      file.shape() == std::vector<std::int64_t>{image.height, image.width, 3});
  const std::vector<std::int64_t> pixels = file.integers();
  REQUIRE(pixels.size() == image.rgb.size());
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    largest = std::max(largest, std::abs(pixels[i] - image.rgb[i]));
  }
  return static_cast<int>(largest);
}

std::string error_of(const std::string& bytes) {
  return user_error([&] { decode_photograph(bytes, "p"); });
}

}  // namespace

TEST_CASE("photographs: pixels are those of Pillow") {
  for (const char* name :
       {"rgb.png",
        "grey.png",
        "alpha.png",
        "palette.png",
        "rgb.jpg",
        "grey.jpg",
        "progressive.jpg"}) {
    INFO(name);
    CHECK(difference(decoded(name), name) == 0);
  }
  // Pillow rounds twice on the way from inks to light.
  CHECK(difference(decoded("cmyk.jpg"), "cmyk.jpg") <= 1);
}

TEST_CASE("photographs: resized as Pillow does") {
  // Pillow's weights are whole numbers of 2^-22.
  for (const int side : {17, 64}) {
    CHECK(
        difference(
            resize_photograph(decoded("rgb.png"), side, "p"),
            "resized_" + std::to_string(side)) <= 1);
  }
  const Photograph same = resize_photograph(decoded("rgb.png"), 30, "p");
  CHECK(same.rgb == decoded("rgb.png").rgb);
  Photograph strip{100, 1, std::vector<std::uint8_t>(300)};
  CHECK(
      user_error([&] { resize_photograph(strip, 17, "p"); }) ==
      "p: found an image of 100 x 1 pixels, expected one at most 64 times as "
      "long as wide");
}

TEST_CASE("photographs: broken files") {
  CHECK(error_of("GIF89a") == "p: found neither a PNG nor a JPEG file");
  const std::string png = photo("rgb.png");
  CHECK(error_of(png.substr(0, png.size() / 2))
            .starts_with("p: the PNG file is cut or broken ("));
  std::string wrong = png;
  wrong[60] ^= 1;
  CHECK(error_of(wrong).starts_with("p: the PNG file is cut or broken ("));
  const std::string jpeg = photo("rgb.jpg");
  CHECK(
      error_of(jpeg.substr(0, jpeg.size() - 200)) ==
      "p: the JPEG file is cut or broken (Premature end of JPEG file)");
  CHECK(
      error_of(jpeg.substr(0, 100)) ==
      "p: found an image of 0 x 0 pixels, expected 1 to 67108864 in all (a cut "
      "file?)");
  // Width and height stand in the header of the image; 65,500 is the most.
  std::string huge = jpeg;
  const std::size_t frame = huge.find("\xff\xc0");
  for (const std::size_t at : {5U, 7U}) {
    huge[frame + at] = '\xff';
    huge[frame + at + 1] = '\x00';
  }
  CHECK(
      error_of(huge) ==
      "p: found an image of 65280 x 65280 pixels, expected 1 to 67108864 "
      "in all (a cut file?)");
}
