// Images as networks take them: mirrored, cropped and normalised.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "benchmarks/tasks/image_set.h"
#include "benchmarks/tasks/task.h"

namespace zcp::tasks {

/// What turns pixels into inputs.
struct Normalisation {
  std::vector<float> mean;       ///< a channel, of pixel / 255
  std::vector<float> deviation;  ///< a channel, of pixel / 255
  int padding = 4;               ///< black border that a random crop moves in
};

/// An image set as networks take it.
class Examples {
 public:
  Examples(ImageSet images, Normalisation normalisation, Transform transform);

  const Shape& shape() const { return images_.shape; }
  std::int64_t size() const { return images_.size(); }

  /// Writes the images `which` into `x`, row-major, one after another, and
  /// their labels into `y`. A crop is drawn by `seed` and the image's place in
  /// a run: `first_place` and up.
  void gather(
      std::span<const std::int64_t> which,
      std::uint64_t seed,
      std::uint64_t first_place,
      std::span<float> x,
      std::span<std::int64_t> y) const;

  /// What is done to an image, constants included.
  std::string transform() const;

  /// Combines `start` with hashes of pixels and labels.
  std::uint64_t hash(std::uint64_t start) const;

 private:
  ImageSet images_;
  Normalisation normalisation_;
  Transform transform_;
  std::vector<std::array<float, 256>> values_;  // of a pixel, by channel
};

}  // namespace zcp::tasks
