// autoencoder of TransNAS-Bench-101: the photograph itself.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/taskonomy.h"

namespace zcp::tasks {

TaskSource autoencoder() {
  return taskonomy(
      "autoencoder",
      "the image itself",
      kTaskonomyImage,
      3,
      Head::pixels,
      Loss::absolute_error);
}

}  // namespace zcp::tasks
