// How a task is opened: what a file of this folder says of its task, and what
// opening has to do for several of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "benchmarks/tasks/examples.h"
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

/// Where the files of a task lie: as asked, or where Debian puts them. Throws
/// UserError when there is no such place; `otherwise` ends its text with what
/// can be done without files.
std::filesystem::path data_of(
    const TaskInfo& info,
    const std::filesystem::path& asked,
    std::string_view otherwise = {});

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

}  // namespace zcp::tasks
