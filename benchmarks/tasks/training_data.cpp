#include "benchmarks/tasks/training_data.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "benchmarks/tasks/registry.h"
#include "common/error.h"
#include "common/hash.h"

namespace zcp::tasks {
namespace {

const TaskSource& find_trainable(const std::string& name) {
  const TaskSource& source = find_source(name);
  if (source.images) return source;
  std::vector<std::string> names;
  for (const TaskInfo& info : all_tasks()) {
    if (find_source(info.name).images) names.push_back(info.name);
  }
  throw UserError(
      "--task {}: no images to train on and test with; those tasks are {}",
      name,
      fmt::join(names, ", "));
}

std::string fingerprint_of(
    const TaskInfo& info,
    const Examples& train,
    const Examples& test) {
  std::uint64_t hash =
      train.hash(hash64(info.name + " train " + train.transform()));
  return hash_hex(
      test.hash(hash_combine(hash, hash64("test " + test.transform()))));
}

}  // namespace

TrainingData open_training_data(
    const std::string& task,
    const TrainingDataOptions& options) {
  const TaskSource& source = find_trainable(task);
  TaskInfo info = find_task(task, options.resolution);
  const auto data = data_of(source.info, options.data);
  const auto read = [&](Split split, std::int64_t count) {
    return read_images(source, data, split, options.resolution, count);
  };
  ImageSet train = read(Split::train, options.train_size);
  ImageSet test = read(Split::test, options.test_size);
  info.shape = train.shape;
  info.classes = choose_classes(
      info, options.classes, std::max(class_count(train), class_count(test)));
  const Normalisation by =
      scaled(source.images->normalisation, source.info, options.resolution);
  Examples training(std::move(train), by, options.transform);
  Examples testing(std::move(test), by, Transform::normalise);
  info.transform = training.transform();
  std::string print = fingerprint_of(info, training, testing);
  return {
      std::move(info),
      std::move(training),
      std::move(testing),
      std::move(print)};
}

}  // namespace zcp::tasks
