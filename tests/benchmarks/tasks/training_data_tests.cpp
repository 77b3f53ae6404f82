#include <algorithm>
#include <cmath>
#include <numeric>

#include "benchmarks/tasks/task.h"
#include "benchmarks/tasks/training_data.h"
#include "tests/support/make_idx.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

namespace {

std::vector<std::int64_t> first_numbers(std::int64_t count) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// The first `count` examples.
Minibatch
head(const Examples& examples, std::int64_t count, std::uint64_t seed = 0) {
  Minibatch batch{static_cast<int>(count), examples.shape(), {}, {}};
  const Shape& shape = examples.shape();
  batch.x.resize(
      static_cast<std::size_t>(count * shape.channels * shape.height) *
      static_cast<std::size_t>(shape.width));
  batch.y.resize(static_cast<std::size_t>(count));
  examples.gather(first_numbers(count), seed, 0, batch.x, batch.y);
  return batch;
}

}  // namespace

TEST_CASE("a resolution of 12 keeps the mean of Fashion-MNIST's images") {
  const TemporaryFolder folder;
  zcp::test::write_fashion_mnist(folder, 20, 10);
  const auto whole = open_task("fashion-mnist", folder.path(), 0);
  const auto small =
      open_task("fashion-mnist", folder.path(), 0, Transform::normalise, 0, 12);
  CHECK(small->info().shape == Shape{1, 12, 12});
  CHECK(small->fingerprint() != whole->fingerprint());
  const auto mean = [](const std::vector<float>& x) {
    return std::accumulate(x.begin(), x.end(), 0.0) /
           static_cast<double>(x.size());
  };
  // Rounding to 8 bits moves a mean of 20 x 144 pixels by less than this.
  CHECK(
      std::abs(
          mean(small->minibatch(0, 20).x) - mean(whole->minibatch(0, 20).x)) <
      2e-3);
  CHECK(find_task("fashion-mnist", 12).shape == Shape{1, 12, 12});
  CHECK(find_task("gaussian", 48).shape == Shape{3, 48, 48});
}

TEST_CASE("resolutions that a task cannot have are refused") {
  const auto refusal = [](const char* task, int resolution) {
    return user_error([&] { find_task(task, resolution); });
  };
  CHECK(
      refusal("fashion-mnist", 29).find("expected 1 to 28") !=
      std::string::npos);
  CHECK(
      refusal("tensors", 8).find("'tensors' have one size") !=
      std::string::npos);
}

TEST_CASE("training data: both splits, a part of them, the same every time") {
  const TemporaryFolder folder;
  zcp::test::write_fashion_mnist(folder, 50, 30);
  TrainingDataOptions options;
  options.data = folder.path();
  options.transform = Transform::normalise;
  const TrainingData all = open_training_data("fashion-mnist", options);
  CHECK(all.train.size() == 50);
  CHECK(all.test.size() == 30);
  CHECK(all.info.classes == 10);
  options.train_size = 20;
  options.test_size = 10;
  const TrainingData part = open_training_data("fashion-mnist", options);
  CHECK(part.train.size() == 20);
  CHECK(part.test.size() == 10);
  CHECK(part.fingerprint != all.fingerprint);
  CHECK(
      open_training_data("fashion-mnist", options).fingerprint ==
      part.fingerprint);
  // Some of the images, no image twice.
  auto labels = head(part.train, 20).y;
  const auto some = head(part.train, 20).x;
  CHECK(std::ranges::count(labels, 3) <= 5);
  options.train_size = 51;
  CHECK(user_error([&] {
          open_training_data("fashion-mnist", options);
        }).find("--train-images 51: found 50 images") != std::string::npos);
}

TEST_CASE("training images are cropped by the seed, test images are not") {
  const TemporaryFolder folder;
  zcp::test::write_fashion_mnist(folder, 20, 20);
  TrainingDataOptions options;
  options.data = folder.path();
  const TrainingData data = open_training_data("fashion-mnist", options);
  CHECK(head(data.train, 20, 1).x == head(data.train, 20, 1).x);
  CHECK(head(data.train, 20, 1).x != head(data.train, 20, 2).x);
  CHECK(head(data.test, 20, 1).x == head(data.test, 20, 2).x);
  CHECK(head(data.train, 20, 1).y == head(data.train, 20, 2).y);
}

TEST_CASE("a resolution above the images' own is not trained at") {
  TrainingDataOptions options;
  options.resolution = 40;
  CHECK(user_error([&] {
          open_training_data("cifar10", options);
        }).find("--resolution 40: expected 1 to 32") != std::string::npos);
}

TEST_CASE("tasks without a test split are not trained on") {
  const auto message = user_error([] { open_training_data("gaussian", {}); });
  CHECK(message.find("fashion-mnist") != std::string::npos);
  CHECK(message.find("cifar10") != std::string::npos);
}
