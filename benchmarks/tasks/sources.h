// The tasks this build has: each file of this folder defines one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "benchmarks/task.h"

namespace zcp::benchmarks {

/// How the user wants a task opened.
struct OpenOptions {
  std::filesystem::path data;
  std::uint64_t seed = 0;
  Transform transform = Transform::normalise;
  int classes = 0;  ///< 0: the task's own
};

/// A task and how it is opened.
struct TaskSource {
  TaskInfo info;
  std::unique_ptr<Task> (
      *open)(const TaskInfo& info, const OpenOptions& options);
};

TaskSource cifar10();
TaskSource cifar100();
TaskSource imagenet16_120();
TaskSource fashion_mnist();
TaskSource image_folder();
TaskSource ninapro();
TaskSource darcy_flow();
TaskSource gaussian();
TaskSource gaussian_224();
TaskSource tensors();

/// The tasks of TransNAS-Bench-101, all on one set of photographs of rooms.
enum class Taskonomy {
  class_object,
  class_scene,
  jigsaw,
  room_layout,
  segmentsemantic,
  normal,
  autoencoder
};
TaskSource taskonomy(Taskonomy task);

/// Noise in the shapes of another task, under the name noise-NAME.
TaskSource noise_like(const TaskInfo& info);

}  // namespace zcp::benchmarks
