// The IDX format of MNIST and its successors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/tasks/image_set.h"

namespace zcp::tasks {

/// An array of unsigned bytes, row-major.
struct IdxArray {
  std::vector<std::int64_t> sizes;
  std::string_view bytes;  ///< into what was parsed
};

/// Parses an IDX array of unsigned bytes of `dimensions` (1 to 3) dimensions.
/// Throws UserError naming `source`, the byte, what was found and expected.
IdxArray
parse_idx(std::string_view bytes, const std::string& source, int dimensions);

/// Joins images (N x H x W) and labels (N). Throws UserError when the counts
/// differ, there are none, or a label is not below `classes`.
ImageSet join_idx(
    const IdxArray& images,
    const IdxArray& labels,
    int classes,
    const std::string& source);

}  // namespace zcp::tasks
