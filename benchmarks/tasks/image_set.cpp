#include "benchmarks/tasks/image_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include "common/error.h"
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

/// What an old row (or column) gives to a new one.
struct Share {
  int from = 0;
  int to = 0;
  float weight = 0;  ///< those of a new row sum to 1
};

/// Old rows that overlap each new one, weighted by the overlap.
std::vector<Share> shares(int old_count, int new_count) {
  std::vector<Share> all;
  for (int to = 0; to < new_count; ++to) {
    // In units of an old row over new_count, where everything is whole.
    const int begin = to * old_count;
    const int end = begin + old_count;
    for (int from = begin / new_count; from * new_count < end; ++from) {
      const int overlap = std::min(end, (from + 1) * new_count) -
                          std::max(begin, from * new_count);
      all.push_back(
          {from,
           to,
           static_cast<float>(overlap) / static_cast<float>(old_count)});
    }
  }
  return all;
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

int class_count(const ImageSet& images) {
  return 1 + static_cast<int>(*std::ranges::max_element(images.labels));
}

void reduce_resolution(ImageSet& images, int side) {
  const Shape old = images.shape;
  if (side < 1 || side > old.height || side > old.width) {
    throw std::invalid_argument("a resolution above the images' own");
  }
  const std::vector<Share> rows = shares(old.height, side);
  const std::vector<Share> columns = shares(old.width, side);
  const auto old_plane = static_cast<std::size_t>(old.height) *
                         static_cast<std::size_t>(old.width);
  const auto plane =
      static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  std::vector<std::uint8_t> reduced;
  reduced.reserve(images.pixels.size() / old_plane * plane);
  std::vector<float> sums(plane);
  for (std::size_t at = 0; at < images.pixels.size(); at += old_plane) {
    const std::uint8_t* from = images.pixels.data() + at;
    std::ranges::fill(sums, 0.0F);
    for (const Share& row : rows) {
      float* to = &sums
                      [static_cast<std::size_t>(row.to) *
                       static_cast<std::size_t>(side)];
      for (const Share& column : columns) {
        to[column.to] +=
            row.weight * column.weight *
            static_cast<float>(from[row.from * old.width + column.from]);
      }
    }
    for (const float sum : sums) {
      reduced.push_back(static_cast<std::uint8_t>(std::lround(sum)));
    }
  }
  images.pixels = std::move(reduced);
  images.shape = {old.channels, side, side};
}

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
  const auto* pixels = reinterpret_cast<const char*>(images_.pixels.data());
  const auto* labels = reinterpret_cast<const char*>(images_.labels.data());
  return hash_combine(
      hash_combine(start, hash64({pixels, images_.pixels.size()})),
      hash64({labels, images_.labels.size() * sizeof(std::int64_t)}));
}

ImageTask::ImageTask(TaskInfo info, Examples examples, std::uint64_t seed)
    : info_(std::move(info)),
      examples_(std::move(examples)),
      seed_(seed),
      order_(shuffled_order(examples_.size(), seed)) {
  info_.shape = examples_.shape();
  info_.transform = examples_.transform();
}

Minibatch ImageTask::minibatch(int index, int batch_size) const {
  const std::int64_t begin =
      minibatch_begin(info_.name, examples_.size(), index, batch_size);
  const auto first = static_cast<std::size_t>(begin);
  const auto count = static_cast<std::size_t>(batch_size);
  const Shape& shape = examples_.shape();
  Minibatch batch{batch_size, shape, {}, {}};
  batch.x.resize(
      count * static_cast<std::size_t>(shape.channels) *
      static_cast<std::size_t>(shape.height) *
      static_cast<std::size_t>(shape.width));
  batch.y.resize(count);
  examples_.gather(
      std::span(order_).subspan(first, count), seed_, first, batch.x, batch.y);
  return batch;
}

std::string ImageTask::fingerprint() const {
  const Shape& shape = examples_.shape();
  const std::string text = fmt::format(
      "{} {}x{}x{} {}",
      info_.name,
      shape.channels,
      shape.height,
      shape.width,
      info_.transform);
  return hash_hex(examples_.hash(hash64(text)));
}

}  // namespace zcp::tasks
