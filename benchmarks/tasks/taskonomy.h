// What the seven tasks of TransNAS-Bench-101 share: one set of photographs of
// rooms, a part of Taskonomy.
#pragma once

#include <string>

#include "benchmarks/tasks/task_source.h"

namespace zcp::tasks {

/// A photograph of a room.
inline constexpr Shape kTaskonomyImage = {3, 256, 256};

/// One of those tasks: its shapes and its loss, as the benchmark's own
/// configuration has them (configs/train_from_scratch/NAME/config.py).
/// Its images are not read, since their labels were made by the benchmark's
/// networks: opening it throws UserError, which names the tasks to take
/// instead. `classes` is the number of classes, or of numbers, of the output.
TaskSource taskonomy(
    const std::string& name,
    const std::string& summary,
    const Shape& shape,
    int classes,
    Head head = Head::classes,
    Loss loss = Loss::cross_entropy);

}  // namespace zcp::tasks
