// class_object of TransNAS-Bench-101: which of 75 things a photograph shows.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/taskonomy.h"

namespace zcp::tasks {

TaskSource class_object() {
  return taskonomy("class_object", "things seen", kTaskonomyImage, 75);
}

}  // namespace zcp::tasks
