// The tasks this build has: each file of this folder defines one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "benchmarks/tasks/image_set.h"
#include "benchmarks/tasks/task.h"

namespace zcp::tasks {

/// How the user wants a task opened.
struct OpenOptions {
  std::filesystem::path data;
  std::uint64_t seed = 0;
  Transform transform = Transform::normalise;
  int classes = 0;     ///< 0: the task's own
  int resolution = 0;  ///< height and width of the images; 0: the task's own
};

/// A data set of images that fits into memory. A reader that reads an image at
/// a time may already give images of height and width `resolution` (0: their
/// own) and no more than the first `count` (0: all) of them in the order of
/// shuffled_order(..., 0); others give all as they are.
struct ImageSource {
  ImageSet (*read)(
      const std::filesystem::path& data,
      Split split,
      int resolution,
      std::int64_t count);
  Normalisation normalisation;
};

/// A task and how it is opened: by `open`, or else from its images, as it also
/// is at another resolution. Networks can be trained on those that have images.
struct TaskSource {
  TaskInfo info;
  std::unique_ptr<Task> (
      *open)(const TaskInfo& info, const OpenOptions& options) = nullptr;
  std::optional<ImageSource> images = std::nullopt;
};

/// The source of that name; throws UserError with the nearest name.
const TaskSource& find_source(const std::string& name);

/// Where the files of a task lie: as asked, or where Debian puts them. Throws
/// UserError when there is no such place.
std::filesystem::path data_of(
    const TaskInfo& info,
    const std::filesystem::path& asked);

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

/// The split's images at height and width `resolution` (0: the task's own); of
/// them those that come first in the order of shuffled_order(..., 0), `count`
/// (0: all). Throws UserError where there are fewer.
ImageSet read_images(
    const TaskSource& source,
    const std::filesystem::path& data,
    Split split,
    int resolution,
    std::int64_t count = 0);

/// The number of classes of networks for `task`: as asked (0: what it says, or
/// else what was found). Throws UserError for a number it cannot have.
int choose_classes(const TaskInfo& task, int asked, int found);

/// What goes with images of that resolution: a crop moves over as much of a
/// smaller image.
Normalisation
scaled(const Normalisation& by, const TaskInfo& info, int resolution);

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

}  // namespace zcp::tasks
