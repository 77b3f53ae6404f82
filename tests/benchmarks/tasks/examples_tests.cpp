// Images as networks take them, against crops that are cut by hand.
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "benchmarks/tasks/examples.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;

namespace {

constexpr int kRows = 2;
constexpr int kColumns = 3;
constexpr std::size_t kPlane = 6;

/// Two images of two channels, 2 x 3 pixels: 1 to 12 and 101 to 112.
ImageSet two_images() {
  ImageSet images{{2, kRows, kColumns}, {}, {7, 4}};
  for (int first : {1, 101}) {
    for (int i = 0; i < 12; ++i) {
      images.pixels.push_back(static_cast<std::uint8_t>(first + i));
    }
  }
  return images;
}

/// Pixels of 51 become 0.2, and so on: (p / 255 - 0.5) / 0.25 and
/// (p / 255 - 0.25) / 0.5.
Normalisation normalisation() {
  return {{0.5F, 0.25F}, {0.25F, 0.5F}, 1};
}

double normalised(int pixel, std::size_t channel) {
  const double value = pixel / 255.0;
  return channel == 0 ? (value - 0.5) / 0.25 : (value - 0.25) / 0.5;
}

struct Gathered {
  std::vector<float> x;
  std::vector<std::int64_t> y;
};

Gathered gather(
    const Examples& examples,
    const std::vector<std::int64_t>& which,
    std::uint64_t seed = 0,
    std::uint64_t first_place = 0) {
  Gathered out;
  out.x.resize(which.size() * 2 * kPlane);
  out.y.resize(which.size());
  examples.gather(which, seed, first_place, out.x, out.y);
  return out;
}

/// The first plane of image 0 (pixels 1 to 6), mirrored or not, moved into a
/// black border of one pixel.
std::vector<int> moved(int top, int left, bool mirrored) {
  std::vector<int> pixels;
  for (int row = top; row < top + kRows; ++row) {
    for (int column = left; column < left + kColumns; ++column) {
      const bool inside =
          row >= 0 && row < kRows && column >= 0 && column < kColumns;
      const int at = mirrored ? kColumns - 1 - column : column;
      pixels.push_back(inside ? 1 + row * kColumns + at : 0);
    }
  }
  return pixels;
}

/// The pixels of the first plane again.
std::vector<int> first_plane(const std::vector<float>& x) {
  std::vector<int> pixels;
  for (std::size_t i = 0; i < kPlane; ++i) {
    pixels.push_back(
        static_cast<int>(std::lround((x[i] * 0.25 + 0.5) * 255.0)));
  }
  return pixels;
}

}  // namespace

TEST_CASE("examples: images as they are, by channel, in the order asked") {
  const Examples examples(two_images(), normalisation(), Transform::normalise);
  CHECK(examples.shape() == Shape{2, kRows, kColumns});
  CHECK(examples.size() == 2);
  const Gathered out = gather(examples, {1, 0, 1});
  CHECK(out.y == std::vector<std::int64_t>{4, 7, 4});
  const int first[] = {101, 1, 101};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t p = 0; p < kPlane; ++p) {
        const auto at = static_cast<int>(c * kPlane + p);
        CHECK(
            out.x[(i * 2 + c) * kPlane + p] ==
            doctest::Approx(normalised(first[i] + at, c)).epsilon(1e-6));
      }
    }
  }
  // Seed and place change nothing.
  CHECK(gather(examples, {1, 0, 1}, 5, 9).x == out.x);
}

TEST_CASE("examples: every crop from a black border, mirrored or not") {
  const Examples examples(two_images(), normalisation(), Transform::augment);
  std::set<std::vector<int>> all;
  for (int top = -1; top <= 1; ++top) {
    for (int left = -1; left <= 1; ++left) {
      all.insert(moved(top, left, false));
      all.insert(moved(top, left, true));
    }
  }
  REQUIRE(all.size() == 18);
  std::set<std::vector<int>> seen;
  for (std::uint64_t place = 0; place < 400; ++place) {
    const std::vector<int> plane =
        first_plane(gather(examples, {0}, 3, place).x);
    CHECK(all.contains(plane));
    seen.insert(plane);
  }
  CHECK(seen == all);
}

TEST_CASE("examples: a crop belongs to seed and place, channels move alike") {
  const Examples examples(two_images(), normalisation(), Transform::augment);
  const Gathered run = gather(examples, {0, 0, 0, 0, 0, 0}, 3, 10);
  bool differs = false;
  for (std::size_t i = 0; i < 6; ++i) {
    const Gathered one = gather(examples, {0}, 3, 10 + i);
    CHECK(std::equal(
        one.x.begin(),
        one.x.end(),
        run.x.begin() + static_cast<std::ptrdiff_t>(i * 2 * kPlane)));
    for (std::size_t p = 0; p < kPlane; ++p) {
      const long first = std::lround((one.x[p] * 0.25 + 0.5) * 255.0);
      const long second = std::lround((one.x[kPlane + p] * 0.5 + 0.25) * 255.0);
      CHECK(second == (first == 0 ? 0 : first + 6));
    }
    differs = differs || one.x != gather(examples, {0}, 4, 10 + i).x;
  }
  CHECK(differs);
}

TEST_CASE("examples: what is done is said with its numbers") {
  const auto said = [](Transform transform) {
    return Examples(two_images(), normalisation(), transform).transform();
  };
  CHECK(
      said(Transform::normalise) == "normalise by mean 0.5 0.25 std 0.25 0.5");
  CHECK(
      said(Transform::augment) ==
      "mirror, crop with padding 1, normalise by mean 0.5 0.25 std 0.25 0.5");
}

TEST_CASE("examples: the hash is of every pixel and label") {
  const auto hash = [](const ImageSet& images, std::uint64_t start = 1) {
    return Examples(images, normalisation(), Transform::normalise).hash(start);
  };
  const std::uint64_t own = hash(two_images());
  CHECK(hash(two_images()) == own);
  CHECK(hash(two_images(), 2) != own);
  for (std::size_t i = 0; i < 24; ++i) {
    ImageSet other = two_images();
    other.pixels[i] ^= 1U;
    CHECK(hash(other) != own);
  }
  ImageSet swapped = two_images();
  std::swap(swapped.labels[0], swapped.labels[1]);
  CHECK(hash(swapped) != own);
}
