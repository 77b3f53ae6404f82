#include <set>

#include "benchmarks/tasks/task.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using zcp::test::user_error;

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

TEST_CASE("tokens: whole numbers below the vocabulary, of any length") {
  const auto task = open_task("tokens", "", 3, Transform::normalise, 0, 128);
  CHECK(task->info().shape == Shape{1, 128, 1});
  CHECK(task->info().head == Head::tokens);
  const Minibatch batch = task->minibatch(0, 8);
  REQUIRE(batch.x.size() == 8 * 128);
  CHECK(batch.vocabulary == 30522);
  CHECK(batch.noise);
  CHECK(batch.y.empty());
  for (const float word : batch.x) {
    CHECK((word >= 0 && word < 30522 && word == static_cast<int>(word)));
  }
  const auto labelled = open_task("tokens", "", 3, Transform::normalise, 4);
  CHECK(labelled->info().head == Head::classes);
  CHECK(labelled->minibatch(0, 8).y.size() == 8);
  CHECK(labelled->minibatch(0, 8).shape == Shape{1, 512, 1});
}
