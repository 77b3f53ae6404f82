// The tasks that this build has.
#pragma once

#include <string>

#include "benchmarks/tasks/task_source.h"

namespace zcp::tasks {

/// The source of that name, those of noise-NAME included; throws UserError with
/// the nearest name.
const TaskSource& find_source(const std::string& name);

}  // namespace zcp::tasks
