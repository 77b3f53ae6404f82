#include "benchmarks/image_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"

namespace zcp::benchmarks {
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
    const InputShape& shape,
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

/// Sorted by random keys, ties (one in 10^9 runs) by number.
std::vector<std::int64_t> shuffled_order(
    std::int64_t count,
    std::uint64_t seed) {
  std::vector<std::int64_t> keys(static_cast<std::size_t>(count));
  constexpr std::int64_t kBound = std::numeric_limits<std::int64_t>::max();
  fill_integers(keys, kBound, derive_seed(seed, "task-order"));
  std::vector<std::int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
    const std::int64_t key_a = keys[static_cast<std::size_t>(a)];
    const std::int64_t key_b = keys[static_cast<std::size_t>(b)];
    return key_a != key_b ? key_a < key_b : a < b;
  });
  return order;
}

std::int64_t minibatch_begin(
    const std::string& task,
    std::int64_t available,
    int index,
    int batch_size) {
  if (index < 0 || batch_size < 1) {
    throw std::invalid_argument("a minibatch index or size out of range");
  }
  const std::int64_t begin = std::int64_t{index} * batch_size;
  if (begin + batch_size > available) {
    throw UserError(
        "task '{}': the data hold {} images, {} were asked for (minibatch {} "
        "of size {}); take fewer or smaller minibatches",
        task,
        available,
        begin + batch_size,
        index,
        batch_size);
  }
  return begin;
}

ImageTask::ImageTask(
    TaskInfo info,
    ImageSet images,
    Normalisation normalisation,
    std::uint64_t seed,
    Transform transform)
    : info_(std::move(info)),
      images_(std::move(images)),
      normalisation_(std::move(normalisation)),
      seed_(seed),
      transform_(transform),
      order_(shuffled_order(images_.size(), seed)) {
  info_.transform = describe(normalisation_, transform_);
}

Minibatch ImageTask::minibatch(int index, int batch_size) const {
  const std::int64_t begin =
      minibatch_begin(info_.name, images_.size(), index, batch_size);
  const InputShape& shape = images_.shape;
  const auto plane = static_cast<std::size_t>(shape.height) *
                     static_cast<std::size_t>(shape.width);
  const auto channels = static_cast<std::size_t>(shape.channels);
  std::vector<std::array<float, 256>> values;
  for (std::size_t c = 0; c < channels; ++c) {
    values.push_back(
        normalised_values(normalisation_.mean[c], normalisation_.deviation[c]));
  }

  Minibatch batch{batch_size, shape, {}, {}};
  const auto count = static_cast<std::size_t>(batch_size);
  batch.x.resize(count * channels * plane);
  batch.y.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = static_cast<std::size_t>(begin) + i;
    const auto image = static_cast<std::size_t>(order_[place]);
    Crop crop;
    if (transform_ == Transform::augment) {
      crop = draw_crop(
          normalisation_.padding, derive_seed(seed_, "task-augment", place));
    }
    batch.y[i] = images_.labels[image];
    for (std::size_t c = 0; c < channels; ++c) {
      copy_plane(
          images_.pixels.data() + (image * channels + c) * plane,
          shape,
          crop,
          values[c],
          batch.x.data() + (i * channels + c) * plane);
    }
  }
  return batch;
}

std::string ImageTask::fingerprint() const {
  const std::string text = fmt::format(
      "{} {}x{}x{} {}",
      info_.name,
      images_.shape.channels,
      images_.shape.height,
      images_.shape.width,
      info_.transform);
  const auto* pixels = reinterpret_cast<const char*>(images_.pixels.data());
  const auto* labels = reinterpret_cast<const char*>(images_.labels.data());
  std::uint64_t hash = hash64(text);
  hash = hash_combine(hash, hash64({pixels, images_.pixels.size()}));
  hash = hash_combine(
      hash, hash64({labels, images_.labels.size() * sizeof(std::int64_t)}));
  return hash_hex(hash);
}

}  // namespace zcp::benchmarks
