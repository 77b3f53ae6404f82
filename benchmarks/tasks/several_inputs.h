// Several inputs of a network in the file of the task `tensors`.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/tasks/tensor_arrays.h"
#include "benchmarks/tasks/tensor_file.h"

namespace zcp::tasks {

/// Puts `found`, what lies in `name` of the file, one behind the other for each
/// sample: fills shape, x, inputs and notes of the file.
/// Throws UserError naming `source`, the input, what was found and expected,
/// where there is none, where one has not as many rows as the first, or where
/// one is of a type that networks are not given.
void read_several(
    const std::vector<NamedTensor>& found,
    const std::string& source,
    const std::string& name,
    TensorFile& file);

}  // namespace zcp::tasks
