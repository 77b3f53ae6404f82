// The task that draws its minibatches from images in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/tasks/examples.h"
#include "benchmarks/tasks/task.h"

namespace zcp::tasks {

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

}  // namespace zcp::tasks
