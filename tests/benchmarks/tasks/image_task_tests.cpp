// The task that draws minibatches from images in memory.
#include <set>
#include <stdexcept>
#include <vector>

#include "benchmarks/tasks/image_task.h"
#include "benchmarks/tasks/minibatch_order.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using zcp::test::user_error;

namespace {

constexpr std::int64_t kImages = 10;

/// Images of one pixel, whose number is their pixel and their label.
Examples examples(Transform transform = Transform::normalise, int change = 0) {
  ImageSet images{{1, 1, 1}, {}, {}};
  for (int i = 0; i < kImages; ++i) {
    images.pixels.push_back(static_cast<std::uint8_t>(i + change));
    images.labels.push_back(i);
  }
  return {std::move(images), {{0.0F}, {1.0F / 255.0F}, 1}, transform};
}

TaskInfo info() {
  TaskInfo info;
  info.name = "mine";
  info.classes = 10;
  info.shape = {3, 99, 99};
  return info;
}

}  // namespace

TEST_CASE("image task: shape and transform are those of the examples") {
  const ImageTask task(info(), examples(), 0);
  CHECK(task.info().name == "mine");
  CHECK(task.info().classes == 10);
  CHECK(task.info().shape == Shape{1, 1, 1});
  CHECK(task.info().transform == examples().transform());
}

TEST_CASE("image task: minibatches are parts of one shuffle by the seed") {
  const ImageTask task(info(), examples(), 5);
  const std::vector<std::int64_t> order = shuffled_order(kImages, 5);
  std::set<std::int64_t> seen;
  for (int index = 0; index < 3; ++index) {
    const Minibatch batch = task.minibatch(index, 3);
    CHECK(batch.size == 3);
    CHECK(batch.shape == Shape{1, 1, 1});
    REQUIRE(batch.x.size() == 3);
    REQUIRE(batch.y.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto place = static_cast<std::size_t>(index) * 3 + i;
      CHECK(batch.y[i] == order[place]);
      CHECK(batch.x[i] == doctest::Approx(static_cast<double>(order[place])));
      seen.insert(batch.y[i]);
    }
  }
  CHECK(seen.size() == 9);
  // The same whenever it is asked for; another by another seed.
  CHECK(task.minibatch(1, 3).y == task.minibatch(1, 3).y);
  CHECK(
      ImageTask(info(), examples(), 6).minibatch(0, 10).y !=
      task.minibatch(0, 10).y);
}

TEST_CASE("image task: crops follow an image's place, not its minibatch") {
  const ImageTask task(info(), examples(Transform::augment), 5);
  std::vector<float> joined;
  for (int index = 0; index < 5; ++index) {
    const auto part = task.minibatch(index, 2).x;
    joined.insert(joined.end(), part.begin(), part.end());
  }
  CHECK(joined == task.minibatch(0, 10).x);
}

TEST_CASE("image task: images run out") {
  const ImageTask task(info(), examples(), 0);
  CHECK(task.minibatch(0, 10).y.size() == 10);
  const std::string error = user_error([&] { task.minibatch(1, 6); });
  CHECK(error.find("mine") != std::string::npos);
  CHECK(error.find("10") != std::string::npos);
  CHECK(error.find("12") != std::string::npos);
  CHECK_THROWS_AS(task.minibatch(0, 0), std::invalid_argument);
  CHECK_THROWS_AS(task.minibatch(-1, 2), std::invalid_argument);
}

TEST_CASE("image task: the fingerprint is of data and transform alone") {
  const auto fingerprint =
      [](const TaskInfo& task, Examples data, std::uint64_t seed = 0) {
        return ImageTask(task, std::move(data), seed).fingerprint();
      };
  const std::string own = fingerprint(info(), examples());
  CHECK(own.size() == 16);
  CHECK(own.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(fingerprint(info(), examples(), 7) == own);
  CHECK(fingerprint(info(), examples(Transform::augment)) != own);
  CHECK(fingerprint(info(), examples(Transform::normalise, 1)) != own);
  TaskInfo other = info();
  other.name = "other";
  CHECK(fingerprint(other, examples()) != own);
}
