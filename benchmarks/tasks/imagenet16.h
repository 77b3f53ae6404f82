// The pickled batches of ImageNet at 16 x 16.
#pragma once

#include <string>

#include "benchmarks/tasks/image_set.h"

namespace zcp::tasks {

/// Appends those images of a pickled batch whose label (from 1) is at most
/// `classes`, with labels from 0. Throws UserError naming `source`, what was
/// found and what was expected.
void append_imagenet16(
    std::string bytes,
    const std::string& source,
    int classes,
    ImageSet& images);

}  // namespace zcp::tasks
