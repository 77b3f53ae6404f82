#include "benchmarks/tasks/task_source.h"

#include <algorithm>

#include "benchmarks/tasks/minibatch_order.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

/// The first `count` in the order that does not depend on a run's seed.
ImageSet take_some(const ImageSet& images, std::int64_t count) {
  const std::size_t length = images.pixels.size() / images.labels.size();
  ImageSet some;
  some.shape = images.shape;
  auto order = shuffled_order(images.size(), 0);
  order.resize(static_cast<std::size_t>(count));
  for (const std::int64_t number : order) {
    const auto i = static_cast<std::size_t>(number);
    const auto begin =
        images.pixels.begin() + static_cast<std::ptrdiff_t>(i * length);
    some.pixels.insert(
        some.pixels.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
    some.labels.push_back(images.labels[i]);
  }
  return some;
}

}  // namespace

std::filesystem::path data_of(
    const TaskInfo& info,
    const std::filesystem::path& asked,
    std::string_view otherwise) {
  if (!asked.empty() || !info.needs_data) return asked;
  if (!info.default_data.empty() &&
      std::filesystem::exists(info.default_data)) {
    return info.default_data;
  }
  throw UserError(
      "task '{}' needs --data: {}{}", info.name, info.data_hint, otherwise);
}

Normalisation
scaled(const Normalisation& by, const TaskInfo& info, int resolution) {
  Normalisation scaled = by;
  if (resolution > 0) {
    scaled.padding = std::max(1, by.padding * resolution / info.shape.height);
  }
  return scaled;
}

ImageSet read_images(
    const TaskSource& source,
    const std::filesystem::path& data,
    Split split,
    int resolution,
    std::int64_t count) {
  ImageSet images = source.images->read(data, split, resolution, count);
  if (count > images.size()) {
    throw UserError(
        "--{}-images {}: found {} images",
        split == Split::train ? "train" : "test",
        count,
        images.size());
  }
  if (count > 0 && count < images.size()) images = take_some(images, count);
  if (resolution > 0 && images.shape.height != resolution) {
    reduce_resolution(images, resolution);
  }
  return images;
}

/// Only `tensors`, `image-folder` and noise leave the number of classes open.
int choose_classes(const TaskInfo& task, int asked, int found) {
  const bool open = task.classes == 0 || !task.needs_data;
  if (asked < 0 || (asked > 0 && !open && asked != task.classes)) {
    throw UserError(
        "task '{}' has {} classes, found {} asked for",
        task.name,
        task.classes,
        asked);
  }
  if (asked > 0 && asked < found) {
    throw UserError(
        "task '{}': found {} classes in the data, expected at most the {} "
        "asked for",
        task.name,
        found,
        asked);
  }
  if (asked > 0) return asked;
  return task.classes > 0 ? task.classes : found;
}

}  // namespace zcp::tasks
