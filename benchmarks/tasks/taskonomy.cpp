#include "benchmarks/tasks/taskonomy.h"

#include "common/error.h"

namespace zcp::tasks {
namespace {

std::unique_ptr<Task> refuse(const TaskInfo& info, const OpenOptions&) {
  throw UserError(
      "task '{}': its images (Taskonomy) are not read by this program; "
      "--task noise-{} takes noise of their shape, --task tensors a file of "
      "your own",
      info.name,
      info.name);
}

}  // namespace

TaskSource taskonomy(
    const std::string& name,
    const std::string& summary,
    const Shape& shape,
    int classes,
    Head head,
    Loss loss) {
  return {
      {name,
       "TransNAS-Bench-101: " + summary,
       shape,
       classes,
       true,
       "none",
       "its images (Taskonomy) are not read by this program; --task noise-" +
           name + " takes noise of their shape",
       "",
       head,
       loss},
      refuse};
}

}  // namespace zcp::tasks
