#include "benchmarks/tasks/task.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "benchmarks/tasks/sources.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

const std::vector<TaskSource>& sources() {
  static const std::vector<TaskSource> all = {
      cifar10(),
      cifar100(),
      imagenet16_120(),
      fashion_mnist(),
      image_folder(),
      ninapro(),
      darcy_flow(),
      taskonomy(Taskonomy::class_object),
      taskonomy(Taskonomy::class_scene),
      taskonomy(Taskonomy::jigsaw),
      taskonomy(Taskonomy::room_layout),
      taskonomy(Taskonomy::segmentsemantic),
      taskonomy(Taskonomy::normal),
      taskonomy(Taskonomy::autoencoder),
      gaussian(),
      gaussian_224(),
      tensors()};
  return all;
}

/// A companion for each task of known shape.
const std::vector<TaskSource>& noise_sources() {
  static const std::vector<TaskSource> all = [] {
    std::vector<TaskSource> noise;
    for (const TaskSource& source : sources()) {
      if (source.info.needs_data && source.info.shape.channels > 0) {
        noise.push_back(noise_like(source.info));
      }
    }
    return noise;
  }();
  return all;
}

/// Images can be had smaller, noise at any size.
void check_resolution(const TaskSource& source, int resolution) {
  if (resolution == 0 || !source.info.needs_data) return;
  const Shape& shape = source.info.shape;
  if (!source.images) {
    throw UserError(
        "--resolution {}: the inputs of task '{}' have one size",
        resolution,
        source.info.name);
  }
  if (resolution > shape.height || resolution > shape.width) {
    throw UserError(
        "--resolution {}: expected 1 to {}, the height of the images of task "
        "'{}'",
        resolution,
        shape.height,
        source.info.name);
  }
}

std::unique_ptr<Task> open_images(
    const TaskSource& source,
    const OpenOptions& options) {
  TaskInfo info = source.info;
  ImageSet images =
      read_images(source, options.data, Split::train, options.resolution);
  info.classes = choose_classes(info, options.classes, class_count(images));
  return std::make_unique<ImageTask>(
      std::move(info),
      Examples(
          std::move(images),
          scaled(source.images->normalisation, source.info, options.resolution),
          options.transform),
      options.seed);
}

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

const TaskSource& find_source(const std::string& name) {
  std::vector<std::string> names;
  for (const TaskSource& source : sources()) {
    if (source.info.name == name) return source;
    names.push_back(source.info.name);
  }
  for (const TaskSource& source : noise_sources()) {
    if (source.info.name == name) return source;
  }
  const std::string near = nearest_name(name, names);
  throw UserError(
      "unknown task '{}'{}; the tasks are {}, and noise- before a name",
      name,
      near.empty() ? "" : ", did you mean '" + near + "'?",
      fmt::join(names, ", "));
}

std::filesystem::path data_of(
    const TaskInfo& info,
    const std::filesystem::path& asked) {
  if (!asked.empty() || !info.needs_data) return asked;
  if (!info.default_data.empty() &&
      std::filesystem::exists(info.default_data)) {
    return info.default_data;
  }
  throw UserError("task '{}' needs --data: {}", info.name, info.data_hint);
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

Task::~Task() = default;

Transform parse_transform(const std::string& name) {
  if (name == "normalise") return Transform::normalise;
  if (name == "augment") return Transform::augment;
  throw UserError(
      "unknown transform '{}', expected normalise or augment", name);
}

std::span<const TaskInfo> all_tasks() {
  static const std::vector<TaskInfo> all = [] {
    std::vector<TaskInfo> infos;
    for (const TaskSource& source : sources()) infos.push_back(source.info);
    return infos;
  }();
  return all;
}

TaskInfo find_task(const std::string& name, int resolution) {
  const TaskSource& source = find_source(name);
  check_resolution(source, resolution);
  TaskInfo info = source.info;
  if (resolution > 0) {
    info.shape.height = resolution;
    info.shape.width = resolution;
  }
  return info;
}

std::unique_ptr<Task> open_task(
    const std::string& name,
    const std::filesystem::path& data,
    std::uint64_t seed,
    Transform transform,
    int classes,
    int resolution) {
  const TaskSource& source = find_source(name);
  choose_classes(source.info, classes, 0);
  check_resolution(source, resolution);
  const auto where = data_of(source.info, data);
  const OpenOptions options{where, seed, transform, classes, resolution};
  // Smaller images are read at once, whatever the task does with its own.
  const bool from_images =
      source.images && (source.open == nullptr || resolution > 0);
  return from_images ? open_images(source, options)
                     : source.open(source.info, options);
}

}  // namespace zcp::tasks
