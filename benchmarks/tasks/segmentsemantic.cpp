// segmentsemantic of TransNAS-Bench-101: which of 17 things each pixel shows.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/taskonomy.h"

namespace zcp::tasks {

TaskSource segmentsemantic() {
  return taskonomy(
      "segmentsemantic",
      "what each pixel shows",
      kTaskonomyImage,
      17,
      Head::pixel_classes);
}

}  // namespace zcp::tasks
