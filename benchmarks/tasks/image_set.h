// Labelled 8-bit images in memory, as their files hold them.
#pragma once

#include <cstdint>
#include <iterator>
#include <vector>

#include "common/shape.h"

namespace zcp::tasks {

/// The part of a data set.
enum class Split { train, test };

/// Labelled images as their files hold them.
struct ImageSet {
  Shape shape;
  std::vector<std::uint8_t> pixels;  ///< images x C x H x W
  std::vector<std::int64_t> labels;

  std::int64_t size() const { return std::ssize(labels); }
};

/// One more than the largest label.
int class_count(const ImageSet& images);

/// Shrinks the images to `side` x `side` pixels, each the mean of the area it
/// covers of the original, rounded. Throws std::invalid_argument when `side` is
/// larger than height or width.
void reduce_resolution(ImageSet& images, int side);

}  // namespace zcp::tasks
