// The file of the task `tensors`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/formats/files.h"
#include "common/shape.h"

namespace zcp::tasks {

/// What torch.save({'x': x, 'y': y}) wrote.
struct TensorFile {
  Shape shape;
  int classes = 0;       ///< as asked, or the largest label + 1
  std::vector<float> x;  ///< N x C x H x W, row-major
  std::vector<std::int64_t> labels;
};

/// Parses the file; `classes` is 0 or the number of classes. Throws
/// UserError naming `source`, what was found and what was expected.
TensorFile parse_tensors(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    int classes);

}  // namespace zcp::tasks
