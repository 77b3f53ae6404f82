// Noise: inputs drawn from N(0, 1), with uniformly random labels or numbers
// from N(0, 1); of texts, random words as whole numbers. No data are needed.
#pragma once

#include <string>

#include "benchmarks/tasks/task_source.h"

namespace zcp::tasks {

/// Noise of that shape with labels in [0, classes).
TaskSource noise(
    const std::string& name,
    const std::string& summary,
    const Shape& shape,
    int classes);

/// Noise in the shapes of another task, under the name noise-NAME.
TaskSource noise_like(const TaskInfo& info);

}  // namespace zcp::tasks
