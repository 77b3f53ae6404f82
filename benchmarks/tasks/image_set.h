// Labelled 8-bit images in memory, and the task that draws from them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "benchmarks/tasks/task.h"

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

/// What turns pixels into inputs.
struct Normalisation {
  std::vector<float> mean;       ///< a channel, of pixel / 255
  std::vector<float> deviation;  ///< a channel, of pixel / 255
  int padding = 4;               ///< black border that a random crop moves in
};

/// Shrinks the images to `side` x `side` pixels, each the mean of the area it
/// covers of the original, rounded. Throws std::invalid_argument when `side` is
/// larger than height or width.
void reduce_resolution(ImageSet& images, int side);

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

/// A task over an image set: minibatches are parts of one seeded shuffle.
class ImageTask : public Task {
 public:
  /// The shape and transform of `info` become those of the examples.
  ImageTask(TaskInfo info, Examples examples, std::uint64_t seed);

  const TaskInfo& info() const override { return info_; }
  Minibatch minibatch(int index, int batch_size) const override;
  std::string fingerprint() const override;

 private:
  TaskInfo info_;
  Examples examples_;
  std::uint64_t seed_;
  std::vector<std::int64_t> order_;
};

/// The examples 0 .. count-1 in the order that a run with this seed draws them.
std::vector<std::int64_t> shuffled_order(
    std::int64_t count,
    std::uint64_t seed);

/// Where minibatch `index` begins among `available` images; throws UserError
/// when it ends behind the last one, and std::invalid_argument when `index` is
/// negative or `batch_size` not positive.
std::int64_t minibatch_begin(
    const std::string& task,
    std::int64_t available,
    int index,
    int batch_size);

}  // namespace zcp::tasks
