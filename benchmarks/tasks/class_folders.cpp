#include "benchmarks/tasks/class_folders.h"

#include <algorithm>
#include <cctype>

#include "common/error.h"

namespace zcp::tasks {
namespace {

bool is_photograph(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

/// What a folder holds, by name.
std::vector<std::filesystem::path> sorted_entries(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.')) entries.push_back(entry.path());
  }
  std::ranges::sort(entries);
  return entries;
}

}  // namespace

ClassFolders list_class_folders(
    const std::filesystem::path& folder,
    const std::string& expected) {
  ClassFolders folders;
  for (const auto& entry : sorted_entries(folder)) {
    if (!std::filesystem::is_directory(entry)) continue;
    const std::size_t before = folders.examples.size();
    const std::int64_t label = std::ssize(folders.classes);
    for (const auto& file : sorted_entries(entry)) {
      if (is_photograph(file)) folders.examples.push_back({file, label});
    }
    if (folders.examples.size() == before) {
      throw UserError(
          "{}: found no .png, .jpg or .jpeg file, expected the photographs of "
          "a class",
          entry.string());
    }
    folders.classes.push_back(entry.filename().string());
  }
  if (folders.classes.size() >= 2) return folders;
  throw UserError(
      "{}: found {} folders, expected {}",
      folder.string(),
      folders.classes.size(),
      expected);
}

std::filesystem::path split_folder(
    const std::filesystem::path& folder,
    Split split) {
  const bool test = std::filesystem::is_directory(folder / "test");
  std::filesystem::path tested = folder / (test ? "test" : "val");
  const bool both = std::filesystem::is_directory(folder / "train") &&
                    std::filesystem::is_directory(tested);
  if (split == Split::train) return both ? folder / "train" : folder;
  if (both) return tested;
  throw UserError(
      "{}: found no folders train and test (or val), expected both with a "
      "folder of photographs for each class",
      folder.string());
}

}  // namespace zcp::tasks
