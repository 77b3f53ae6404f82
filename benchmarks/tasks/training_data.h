// The images that networks are trained on and tested with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "benchmarks/tasks/examples.h"

namespace zcp::tasks {

/// What of a task's data is used.
struct TrainingDataOptions {
  std::filesystem::path data;   ///< as open_task()
  int resolution = 0;           ///< as open_task()
  std::int64_t train_size = 0;  ///< images; 0: all. The same ones in every run
  std::int64_t test_size = 0;   ///< images; 0: all
  int classes = 0;              ///< as open_task()
  Transform transform = Transform::augment;  ///< of training images
};

struct TrainingData {
  TaskInfo info;  ///< with the shape and classes that were read
  Examples train;
  Examples test;
  std::string fingerprint;  ///< hash of both, transforms included
};

/// Reads the training and the test split of a task. Throws UserError for a
/// task whose data do not have both, and where fewer images are there than
/// asked for.
TrainingData open_training_data(
    const std::string& task,
    const TrainingDataOptions& options);

}  // namespace zcp::tasks
