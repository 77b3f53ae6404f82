#include <algorithm>

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
          open_task("cifar10", "", 0);
        }).ends_with("or --task noise-cifar10, random noise without a file"));
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
