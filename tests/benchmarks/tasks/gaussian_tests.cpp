#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "benchmarks/tasks/task.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using zcp::test::user_error;

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

TEST_CASE("gaussian: a network of its own number of outputs has its labels") {
  const auto task = open_task("gaussian", "", 7);
  CHECK_FALSE(task->labels_for(0, 64, 10).has_value());
  const auto labels = task->labels_for(0, 64, 5);
  REQUIRE(labels.has_value());
  CHECK(std::set(labels->begin(), labels->end()).size() == 5);
  CHECK(*std::ranges::max_element(*labels) == 4);
  // As if the number had been asked for.
  CHECK(
      *labels == open_task("gaussian", "", 7, Transform::normalise, 5)
                     ->minibatch(0, 64)
                     .y);
  CHECK_FALSE(
      open_task("noise-darcy-flow", "", 7)->labels_for(0, 2, 5).has_value());
}
