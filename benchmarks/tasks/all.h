// The sources of all tasks, declared.
#pragma once

#include "benchmarks/tasks/task_source.h"

namespace zcp::tasks {

#define ZCP_TASK(name) TaskSource name();
#include "benchmarks/tasks/list.inc"
#undef ZCP_TASK

}  // namespace zcp::tasks
