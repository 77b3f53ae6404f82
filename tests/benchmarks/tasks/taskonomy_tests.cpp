#include "benchmarks/tasks/task.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::tasks;
using zcp::test::user_error;

TEST_CASE("a task whose files are not read says so") {
  CHECK(user_error([] {
          open_task("class_object", "", 0);
        }).find("--task noise-class_object") != std::string::npos);
  CHECK(user_error([] {
          open_task("normal", "/tmp", 0);
        }).find("--task noise-normal") != std::string::npos);
}

TEST_CASE("taskonomy: shapes, outputs and losses of the seven tasks") {
  // configs/train_from_scratch of yawen-d/TransNASBench.
  struct Expected {
    const char* name;
    Shape shape;
    int classes;
    Head head;
    Loss loss;
  };
  const Shape image = {3, 256, 256};
  const Expected all[] = {
      {"class_object", image, 75, Head::classes, Loss::cross_entropy},
      {"class_scene", image, 47, Head::classes, Loss::cross_entropy},
      {"jigsaw", {27, 64, 64}, 1000, Head::classes, Loss::cross_entropy},
      {"room_layout", image, 9, Head::vector, Loss::squared_error},
      {"segmentsemantic", image, 17, Head::pixel_classes, Loss::cross_entropy},
      {"normal", image, 3, Head::pixels, Loss::absolute_error},
      {"autoencoder", image, 3, Head::pixels, Loss::absolute_error}};
  for (const Expected& expected : all) {
    CAPTURE(expected.name);
    const TaskInfo info = find_task(expected.name);
    CHECK(info.shape == expected.shape);
    CHECK(info.classes == expected.classes);
    CHECK(info.head == expected.head);
    CHECK(info.loss == expected.loss);
    CHECK(info.needs_data);
  }
}
