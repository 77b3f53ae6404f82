// The elements of stored tensors as numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmarks/formats/tensor_archive.h"

namespace zcp::tasks {

/// Whether the elements are real numbers.
bool is_real(const formats::StoredTensor& tensor);

/// The real numbers of a tensor of any number of axes, 1 at least, in row-major
/// order, as float32. Throws UserError naming `source`, `name` and how to
/// convert, for elements of another type.
std::vector<float> read_reals(
    const formats::StoredTensor& tensor,
    const std::string& source,
    const std::string& name);

/// The same of whole numbers and truth values.
std::vector<std::int64_t> read_wholes(
    const formats::StoredTensor& tensor,
    const std::string& source,
    const std::string& name);

/// Adds a line to `notes` where the tensor is of another type than `to`.
void note_conversion(
    const formats::StoredTensor& tensor,
    const std::string& name,
    const char* to,
    std::vector<std::string>& notes);

}  // namespace zcp::tasks
