#include "benchmarks/task.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "benchmarks/tasks/sources.h"
#include "common/error.h"

namespace zcp::benchmarks {
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

/// Only `tensors`, `image-folder` and noise leave the number of classes open.
void check_classes(const TaskInfo& info, int classes) {
  const bool open = info.classes == 0 || !info.needs_data;
  if (classes < 0 || (classes > 0 && !open && classes != info.classes)) {
    throw UserError(
        "task '{}' has {} classes, found {} asked for",
        info.name,
        info.classes,
        classes);
  }
}

/// Images can be had smaller, noise at any size.
void check_resolution(const TaskSource& source, int resolution) {
  if (resolution == 0 || !source.info.needs_data) return;
  const InputShape& shape = source.info.shape;
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
  const ImageSource& images = *source.images;
  return std::make_unique<ImageTask>(
      source.info,
      Examples(
          read_images(source, options.data, Split::train, options.resolution),
          scaled(images.normalisation, source.info, options.resolution),
          options.transform),
      options.seed);
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
    int resolution) {
  ImageSet images = source.images->read(data, split, resolution);
  if (resolution > 0 && images.shape.height != resolution) {
    reduce_resolution(images, resolution);
  }
  return images;
}

Task::~Task() = default;

Transform parse_transform(const std::string& name) {
  if (name == "normalise") return Transform::normalise;
  if (name == "augment") return Transform::augment;
  throw UserError(
      "unknown transform '{}', expected normalise or augment", name);
}

std::span<const TaskInfo> tasks() {
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
  check_classes(source.info, classes);
  check_resolution(source, resolution);
  const auto where = data_of(source.info, data);
  const OpenOptions options{where, seed, transform, classes, resolution};
  // Smaller images are read at once, whatever the task does with its own.
  const bool from_images =
      source.images && (source.open == nullptr || resolution > 0);
  return from_images ? open_images(source, options)
                     : source.open(source.info, options);
}

}  // namespace zcp::benchmarks
