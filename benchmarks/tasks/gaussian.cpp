// Noise in the shapes of CIFAR-10.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/noise.h"

namespace zcp::tasks {

TaskSource gaussian() {
  return noise(
      "gaussian",
      "noise from N(0, 1) with random labels, no data",
      {3, 32, 32},
      10);
}

}  // namespace zcp::tasks
