#include <algorithm>
#include <numeric>
#include <set>

#include "benchmarks/tasks/task.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using zcp::test::user_error;

TEST_CASE("task: the registry") {
  std::vector<std::string> names;
  for (const TaskInfo& info : all_tasks()) names.push_back(info.name);
  for (const char* name :
       {"cifar10", "cifar100", "fashion-mnist", "gaussian", "tensors"}) {
    CHECK(std::ranges::find(names, name) != names.end());
  }
  CHECK(find_task("cifar10").shape == Shape{3, 32, 32});
  CHECK(find_task("cifar100").classes == 100);
  CHECK(user_error([] {
          find_task("cifar-10");
        }).find("did you mean 'cifar10'?") != std::string::npos);
  CHECK(user_error([] {
          find_task("x");
        }).starts_with("unknown task 'x'; the tasks are cifar10, "));
}

TEST_CASE("task: data that are needed and absent") {
  CHECK(user_error([] {
          open_task("cifar10", "", 0);
        }).starts_with("task 'cifar10' needs --data: the folder"));
  CHECK(user_error([] {
          open_task("tensors", "", 0);
        }).starts_with("task 'tensors' needs --data: a file"));
  CHECK(user_error([] {
          open_task("cifar10", "/no/such", 0);
        }).starts_with("/no/such: no such folder, expected"));
}

TEST_CASE("task: transforms by name") {
  CHECK(parse_transform("normalise") == Transform::normalise);
  CHECK(parse_transform("augment") == Transform::augment);
  CHECK(user_error([] {
          parse_transform("flip");
        }) == "unknown transform 'flip', expected normalise or augment");
}

TEST_CASE("gaussian: unit noise, uniform labels, the seed decides") {
  const auto task = open_task("gaussian", "", 7);
  const Minibatch batch = task->minibatch(0, 64);
  REQUIRE(batch.x.size() == 64 * 3 * 32 * 32);
  const auto count = static_cast<double>(batch.x.size());
  const double mean =
      std::accumulate(batch.x.begin(), batch.x.end(), 0.0) / count;
  const double square =
      std::inner_product(batch.x.begin(), batch.x.end(), batch.x.begin(), 0.0) /
      count;
  CHECK(std::abs(mean) < 0.01);
  CHECK(std::abs(square - 1.0) < 0.02);
  CHECK(std::set(batch.y.begin(), batch.y.end()).size() == 10);
  CHECK(task->minibatch(0, 64).x == batch.x);
  CHECK(task->minibatch(1, 64).x != batch.x);
  CHECK(open_task("gaussian", "", 8)->minibatch(0, 64).x != batch.x);
  CHECK(open_task("gaussian", "", 8)->fingerprint() == task->fingerprint());
}

TEST_CASE(
    "gaussian: the number of classes may be set, that of a data set not") {
  const auto task = open_task("gaussian", "", 0, Transform::normalise, 100);
  CHECK(task->info().classes == 100);
  const Minibatch batch = task->minibatch(0, 500);
  CHECK(*std::ranges::max_element(batch.y) > 50);
  CHECK(user_error([] {
          open_task("cifar10", "x", 0, Transform::normalise, 11);
        }) == "task 'cifar10' has 10 classes, found 11 asked for");
}

TEST_CASE("noise-TASK: the shapes and targets of the task") {
  const auto shape = [](const std::string& name) {
    return find_task(name).shape;
  };
  CHECK(shape("noise-darcy-flow") == shape("darcy-flow"));
  CHECK_FALSE(find_task("noise-cifar10").needs_data);
  const auto batch = [](const std::string& name) {
    return open_task(name, "", 5)->minibatch(0, 2);
  };
  const Minibatch layout = batch("noise-room_layout");
  CHECK(layout.x.size() == 2 * 3 * 256 * 256);
  CHECK(layout.y.empty());
  CHECK(layout.numbers.size() == 2 * 9);
  const Minibatch segments = batch("noise-segmentsemantic");
  CHECK(segments.y.size() == 2 * 256 * 256);
  CHECK(std::set(segments.y.begin(), segments.y.end()).size() == 17);
  CHECK(batch("noise-normal").numbers.size() == 2 * 3 * 256 * 256);
  CHECK(batch("noise-jigsaw").x.size() == 2 * 27 * 64 * 64);
  // Of `gaussian`, noise-cifar10 is another name.
  CHECK(batch("noise-cifar10").x == batch("gaussian").x);
  CHECK(batch("noise-cifar10").y == batch("gaussian").y);
  CHECK(user_error([] {
          find_task("noise-x");
        }).find("unknown task 'noise-x'") != std::string::npos);
  CHECK(user_error([] {
          find_task("noise-gaussian");
        }).find("unknown task") != std::string::npos);
}

TEST_CASE("a task whose files are not read says so") {
  CHECK(user_error([] {
          open_task("class_object", "", 0);
        }).find("--task noise-class_object") != std::string::npos);
  CHECK(user_error([] {
          open_task("normal", "/tmp", 0);
        }).find("--task noise-normal") != std::string::npos);
}
