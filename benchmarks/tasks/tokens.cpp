// Texts of random words, for encoders without a head.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/noise.h"

namespace zcp::tasks {

TaskSource tokens() {
  TaskSource source = noise(
      "tokens",
      "texts of 512 random words of 30522, no labels, no data",
      {1, 512, 1},
      0);
  source.info.head = Head::tokens;
  return source;
}

}  // namespace zcp::tasks
