#include <algorithm>
#include <numeric>
#include <set>

#include "benchmarks/task.h"
#include "tests/benchmarks/temporary.h"
#include "tests/test_support.h"

using namespace zcp::benchmarks;
using zcp::test::user_error;

TEST_CASE("task: the registry") {
  std::vector<std::string> names;
  for (const TaskInfo& info : tasks()) names.push_back(info.name);
  for (const char* name :
       {"cifar10", "cifar100", "fashion-mnist", "gaussian", "tensors"}) {
    CHECK(std::ranges::find(names, name) != names.end());
  }
  CHECK(find_task("cifar10").shape == InputShape{3, 32, 32});
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
