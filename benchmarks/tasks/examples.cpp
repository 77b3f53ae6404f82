#include "benchmarks/tasks/examples.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/hash.h"
#include "common/random.h"

namespace zcp::tasks {
namespace {

/// Where an image is cut from its padded self, and whether it is mirrored.
struct Crop {
  int top = 0;
  int left = 0;
  bool mirrored = false;
};

/// Offsets in [-padding, padding].
Crop draw_crop(int padding, std::uint64_t seed) {
  std::array<std::int64_t, 2> offsets = {};
  std::array<std::int64_t, 1> mirrored = {};
  fill_integers(offsets, 2 * padding + 1, derive_seed(seed, "crop"));
  fill_integers(mirrored, 2, derive_seed(seed, "mirror"));
  return {
      static_cast<int>(offsets[0]) - padding,
      static_cast<int>(offsets[1]) - padding,
      mirrored[0] == 1};
}

/// One channel of an image into `out`, each pixel through `value_of`.
void copy_plane(
    const std::uint8_t* plane,
    const Shape& shape,
    const Crop& crop,
    const std::array<float, 256>& value_of,
    float* out) {
  for (int row = 0; row < shape.height; ++row) {
    for (int column = 0; column < shape.width; ++column) {
      const int y = row + crop.top;
      int x = column + crop.left;
      const bool inside =
          y >= 0 && y < shape.height && x >= 0 && x < shape.width;
      if (crop.mirrored) x = shape.width - 1 - x;
      *out++ = value_of[inside ? plane[y * shape.width + x] : 0];
    }
  }
}

/// The 256 values that the pixels of a channel can become.
std::array<float, 256> normalised_values(float mean, float deviation) {
  std::array<float, 256> values = {};
  for (std::size_t pixel = 0; pixel < values.size(); ++pixel) {
    values[pixel] = (static_cast<float>(pixel) / 255.0F - mean) / deviation;
  }
  return values;
}

std::string describe(const Normalisation& by, Transform transform) {
  const std::string crop =
      transform == Transform::augment
          ? fmt::format("mirror, crop with padding {}, ", by.padding)
          : "";
  return fmt::format(
      "{}normalise by mean {} std {}",
      crop,
      fmt::join(by.mean, " "),
      fmt::join(by.deviation, " "));
}

}  // namespace

Examples::Examples(
    ImageSet images,
    Normalisation normalisation,
    Transform transform)
    : images_(std::move(images)),
      normalisation_(std::move(normalisation)),
      transform_(transform) {
  for (std::size_t c = 0; c < normalisation_.mean.size(); ++c) {
    values_.push_back(
        normalised_values(normalisation_.mean[c], normalisation_.deviation[c]));
  }
}

void Examples::gather(
    std::span<const std::int64_t> which,
    std::uint64_t seed,
    std::uint64_t first_place,
    std::span<float> x,
    std::span<std::int64_t> y) const {
  const Shape& shape = images_.shape;
  const auto plane = static_cast<std::size_t>(shape.height) *
                     static_cast<std::size_t>(shape.width);
  const auto channels = static_cast<std::size_t>(shape.channels);
  for (std::size_t i = 0; i < which.size(); ++i) {
    const auto image = static_cast<std::size_t>(which[i]);
    Crop crop;
    if (transform_ == Transform::augment) {
      crop = draw_crop(
          normalisation_.padding,
          derive_seed(seed, "task-augment", first_place + i));
    }
    y[i] = images_.labels[image];
    for (std::size_t c = 0; c < channels; ++c) {
      copy_plane(
          images_.pixels.data() + (image * channels + c) * plane,
          shape,
          crop,
          values_[c],
          x.data() + (i * channels + c) * plane);
    }
  }
}

std::string Examples::transform() const {
  return describe(normalisation_, transform_);
}

std::uint64_t Examples::hash(std::uint64_t start) const {
  return hash_combine(
      hash_combine(start, hash_numbers(images_.pixels)),
      hash_numbers(images_.labels));
}

}  // namespace zcp::tasks
