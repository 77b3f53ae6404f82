// The official binary batches of CIFAR-10 and CIFAR-100.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "benchmarks/tasks/image_set.h"

namespace zcp::tasks {

/// A record: `labels` label bytes, the last of which counts, and 3 x 32 x 32
/// pixels.
struct CifarLayout {
  int labels;
  int classes;
};

inline constexpr CifarLayout kCifar10Layout = {1, 10};
inline constexpr CifarLayout kCifar100Layout = {2, 100};

/// Appends the records of `bytes`. Throws UserError naming `source`, the byte,
/// what was found and what was expected, when the bytes are no whole number of
/// records (or none), or a label is out of range.
void append_cifar(
    std::string_view bytes,
    const std::string& source,
    const CifarLayout& layout,
    ImageSet& images);

/// Reads and appends files in the order given.
ImageSet read_cifar(
    std::span<const std::filesystem::path> files,
    const CifarLayout& layout);

}  // namespace zcp::tasks
