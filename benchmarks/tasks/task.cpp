#include "benchmarks/tasks/task.h"

#include "benchmarks/tasks/image_task.h"
#include "benchmarks/tasks/registry.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

/// Images can be had smaller, noise and texts at any size.
void check_resolution(const TaskSource& source, int resolution) {
  if (resolution == 0 || !source.info.needs_data) return;
  if (source.info.vocabulary > 0) return;
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

}  // namespace

Task::~Task() = default;

std::optional<std::vector<std::int64_t>> Task::labels_for(int, int, int) const {
  return std::nullopt;
}

void set_resolution(TaskInfo& info, int resolution) {
  info.shape.height = resolution;
  if (info.vocabulary == 0) info.shape.width = resolution;
}

void set_classes(TaskInfo& info, int classes) {
  info.classes = classes;
  if (info.head == Head::tokens) info.head = Head::classes;
}

Transform parse_transform(const std::string& name) {
  if (name == "normalise") return Transform::normalise;
  if (name == "augment") return Transform::augment;
  throw UserError(
      "unknown transform '{}', expected normalise or augment", name);
}

TaskInfo find_task(const std::string& name, int resolution) {
  const TaskSource& source = find_source(name);
  check_resolution(source, resolution);
  TaskInfo info = source.info;
  if (resolution > 0) set_resolution(info, resolution);
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
  const std::string otherwise =
      source.info.shape.channels == 0
          ? ""
          : "; or --task noise-" + name + ", random noise without a file";
  const auto where = data_of(source.info, data, otherwise);
  const OpenOptions options{where, seed, transform, classes, resolution};
  // Smaller images are read at once, whatever the task does with its own.
  const bool from_images =
      source.images && (source.open == nullptr || resolution > 0);
  return from_images ? open_images(source, options)
                     : source.open(source.info, options);
}

}  // namespace zcp::tasks
