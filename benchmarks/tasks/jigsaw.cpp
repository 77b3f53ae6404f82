// jigsaw of TransNAS-Bench-101: in which of 1,000 orders the nine tiles of a
// photograph come.
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/taskonomy.h"

namespace zcp::tasks {
namespace {

/// Nine tiles of 3 x 64 x 64, one after another in the channels.
constexpr Shape kPuzzle = {27, 64, 64};

}  // namespace

TaskSource jigsaw() {
  return taskonomy("jigsaw", "order of nine tiles", kPuzzle, 1000);
}

}  // namespace zcp::tasks
