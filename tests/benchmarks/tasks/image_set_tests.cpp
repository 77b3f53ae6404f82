#include <doctest/doctest.h>

#include <stdexcept>

#include "benchmarks/tasks/image_set.h"

using namespace zcp;
using namespace zcp::tasks;

namespace {

/// A single image of one channel.
ImageSet one_image(int side, const std::vector<std::uint8_t>& pixels) {
  return {{1, side, side}, pixels, {0}};
}

}  // namespace

TEST_CASE("images shrink to the mean of the area each pixel covers") {
  ImageSet halved = one_image(
      4, {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150});
  reduce_resolution(halved, 2);
  CHECK(halved.shape == Shape{1, 2, 2});
  CHECK(halved.pixels == std::vector<std::uint8_t>{25, 45, 105, 125});
  // Of three columns a new one covers one and a half: weights 2/3 and 1/3.
  ImageSet thirds = one_image(3, {0, 90, 180, 0, 90, 180, 0, 90, 180});
  reduce_resolution(thirds, 2);
  CHECK(thirds.pixels == std::vector<std::uint8_t>{30, 150, 30, 150});
  ImageSet one = one_image(3, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  reduce_resolution(one, 1);
  CHECK(one.pixels == std::vector<std::uint8_t>{5});
  ImageSet same = one_image(2, {1, 2, 3, 4});
  reduce_resolution(same, 2);
  CHECK(same.pixels == std::vector<std::uint8_t>{1, 2, 3, 4});
  CHECK_THROWS_AS(reduce_resolution(same, 3), std::invalid_argument);
}

TEST_CASE("images shrink channel by channel, image by image") {
  ImageSet images{
      {2, 2, 2},
      {0, 2, 4, 6, 10, 10, 10, 10, 1, 1, 1, 1, 9, 11, 9, 11},
      {0, 1}};
  reduce_resolution(images, 1);
  CHECK(images.shape == Shape{2, 1, 1});
  CHECK(images.pixels == std::vector<std::uint8_t>{3, 10, 1, 10});
  CHECK_THROWS_AS(reduce_resolution(images, 0), std::invalid_argument);
}

TEST_CASE("image set: as many classes as the largest label says") {
  const ImageSet images{{1, 1, 1}, {7, 8, 9}, {2, 0, 4}};
  CHECK(class_count(images) == 5);
  CHECK(images.size() == 3);
}
