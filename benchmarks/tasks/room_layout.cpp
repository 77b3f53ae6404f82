// room_layout of TransNAS-Bench-101: the nine numbers of a box around the room.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/taskonomy.h"

namespace zcp::tasks {

TaskSource room_layout() {
  return taskonomy(
      "room_layout",
      "a box around the room",
      kTaskonomyImage,
      9,
      Head::vector,
      Loss::squared_error);
}

}  // namespace zcp::tasks
