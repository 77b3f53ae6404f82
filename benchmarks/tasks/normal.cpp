// normal of TransNAS-Bench-101: the direction that the surface at each pixel
// faces.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/taskonomy.h"

namespace zcp::tasks {

TaskSource normal() {
  return taskonomy(
      "normal",
      "surface normals",
      kTaskonomyImage,
      3,
      Head::pixels,
      Loss::absolute_error);
}

}  // namespace zcp::tasks
