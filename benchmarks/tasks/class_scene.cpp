// class_scene of TransNAS-Bench-101: which of 47 kinds of rooms it is.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/taskonomy.h"

namespace zcp::tasks {

TaskSource class_scene() {
  return taskonomy("class_scene", "kinds of rooms", kTaskonomyImage, 47);
}

}  // namespace zcp::tasks
