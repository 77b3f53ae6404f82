// Photographs on disk, a folder a class.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "benchmarks/tasks/image_set.h"

namespace zcp::tasks {

struct LabelledFile {
  std::filesystem::path path;
  std::int64_t label = 0;
};

/// The photographs of all classes, and the names of the classes by label.
struct ClassFolders {
  std::vector<LabelledFile> examples;
  std::vector<std::string> classes;
};

/// The .png, .jpg and .jpeg files of the folders in `folder`: classes and files
/// by name, without hidden ones. Throws UserError for a class without
/// photographs, and for fewer than two classes, when it says what was
/// `expected`.
ClassFolders list_class_folders(
    const std::filesystem::path& folder,
    const std::string& expected);

/// The folder of a split: `train`, and `test` or `val`, where both are there;
/// else all of it is for training, and Split::test throws UserError.
std::filesystem::path split_folder(
    const std::filesystem::path& folder,
    Split split);

}  // namespace zcp::tasks
