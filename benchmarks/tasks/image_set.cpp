#include "benchmarks/tasks/image_set.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace zcp::tasks {
namespace {

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

}  // namespace zcp::tasks
