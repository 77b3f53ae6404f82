// Labelled 8-bit images in memory, and the task that draws from them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/task.h"

namespace zcp::benchmarks {

/// The part of a data set.
enum class Split { train, test };

/// Labelled images as their files hold them.
struct ImageSet {
  InputShape shape;
  std::vector<std::uint8_t> pixels;  ///< images x C x H x W
  std::vector<std::int64_t> labels;

  std::int64_t size() const { return std::ssize(labels); }
};

/// What turns pixels into inputs.
struct Normalisation {
  std::vector<float> mean;       ///< a channel, of pixel / 255
  std::vector<float> deviation;  ///< a channel, of pixel / 255
  int padding = 4;               ///< black border that a random crop moves in
};

/// A task over an image set: minibatches are parts of one seeded shuffle.
class ImageTask : public Task {
 public:
  /// `info.transform` is completed here with constants.
  ImageTask(
      TaskInfo info,
      ImageSet images,
      Normalisation normalisation,
      std::uint64_t seed,
      Transform transform);

  const TaskInfo& info() const override { return info_; }
  Minibatch minibatch(int index, int batch_size) const override;
  std::string fingerprint() const override;

 private:
  TaskInfo info_;
  ImageSet images_;
  Normalisation normalisation_;
  std::uint64_t seed_;
  Transform transform_;
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

}  // namespace zcp::benchmarks
