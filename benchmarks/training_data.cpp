#include "benchmarks/training_data.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "benchmarks/tasks/sources.h"
#include "common/error.h"
#include "common/hash.h"

namespace zcp::benchmarks {
namespace {

const TaskSource& find_trainable(const std::string& name) {
  const TaskSource& source = find_source(name);
  if (source.images) return source;
  std::vector<std::string> names;
  for (const TaskInfo& info : tasks()) {
    if (find_source(info.name).images) names.push_back(info.name);
  }
  throw UserError(
      "--task {}: no images to train on and test with; those tasks are {}",
      name,
      fmt::join(names, ", "));
}

/// `count` (0: all) of the images, the same ones whatever the run's seed.
ImageSet
take_some(ImageSet images, std::int64_t count, const std::string& option) {
  if (count == 0 || count == images.size()) return images;
  if (count > images.size()) {
    throw UserError("--{} {}: found {} images", option, count, images.size());
  }
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

std::string fingerprint_of(
    const TaskInfo& info,
    const Examples& train,
    const Examples& test) {
  std::uint64_t hash =
      train.hash(hash64(info.name + " train " + train.transform()));
  return hash_hex(
      test.hash(hash_combine(hash, hash64("test " + test.transform()))));
}

int classes_of(const ImageSet& train, const ImageSet& test) {
  return static_cast<int>(
      1 + std::max(
              *std::ranges::max_element(train.labels),
              *std::ranges::max_element(test.labels)));
}

}  // namespace

TrainingData open_training_data(
    const std::string& task,
    const TrainingDataOptions& options) {
  const TaskSource& source = find_trainable(task);
  const auto data = data_of(source.info, options.data);
  const auto read = [&](Split split, std::int64_t size, const char* option) {
    return take_some(
        read_images(source, data, split, options.resolution), size, option);
  };
  ImageSet train = read(Split::train, options.train_size, "train-images");
  ImageSet test = read(Split::test, options.test_size, "test-images");
  TaskInfo info = source.info;
  info.shape = train.shape;
  if (info.classes == 0) info.classes = classes_of(train, test);
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

}  // namespace zcp::benchmarks
