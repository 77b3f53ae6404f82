// Noise in the shapes of ImageNet.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/noise.h"

namespace zcp::tasks {

TaskSource gaussian_224() {
  return noise(
      "gaussian-224",
      "the same in the shapes of ImageNet",
      {3, 224, 224},
      1000);
}

}  // namespace zcp::tasks
