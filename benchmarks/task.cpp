#include "benchmarks/task.h"

#include <fmt/ranges.h>

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

/// Where the task's files lie: as asked, or where Debian puts them.
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

}  // namespace

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

const TaskInfo& find_task(const std::string& name) {
  return find_source(name).info;
}

std::unique_ptr<Task> open_task(
    const std::string& name,
    const std::filesystem::path& data,
    std::uint64_t seed,
    Transform transform,
    int classes) {
  const TaskSource& source = find_source(name);
  check_classes(source.info, classes);
  const auto where = data_of(source.info, data);
  return source.open(source.info, {where, seed, transform, classes});
}

}  // namespace zcp::benchmarks
