#include "common/file_identity.h"

#include <sys/stat.h>

#include <charconv>
#include <string>
#include <system_error>

namespace zcp {
namespace {

namespace fs = std::filesystem;

/// As many links as Linux itself follows.
constexpr int kMostLinks = 40;

fs::path canonical_folder(const fs::path& path) {
  std::error_code error;
  const fs::path folder = fs::absolute(path, error).parent_path();
  const fs::path found = fs::weakly_canonical(folder, error);
  return error ? folder.lexically_normal() : found;
}

/// A descriptor's number when `path` is an entry of this process's table.
std::optional<int> table_entry(const fs::path& path) {
  std::error_code error;
  if (path.parent_path() != fs::canonical("/proc/self/fd", error)) {
    return std::nullopt;
  }
  const std::string name = path.filename().string();
  int number = 0;
  const char* end = name.data() + name.size();
  const auto [stop, problem] = std::from_chars(name.data(), end, number);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return number;
}

struct Followed {
  fs::path path;
  std::optional<int> descriptor;
};

/// Follows links until `path` is no link or a descriptor's entry.
Followed follow(const fs::path& path) {
  fs::path here = path;
  for (int links = 0; links < kMostLinks; ++links) {
    const fs::path name = here.filename();
    const fs::path folder = canonical_folder(here);
    here = folder / name;
    if (const auto number = table_entry(here)) return {here, number};
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(here, error))) break;
    const fs::path target = fs::read_symlink(here, error);
    if (error) break;
    here = folder / target;  // an absolute target replaces the folder
  }
  return {here, std::nullopt};
}

}  // namespace

std::optional<FileIdentity> identity_of(const fs::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileIdentity{found.st_dev, found.st_ino};
}

fs::path final_path(const fs::path& path) {
  // "folder/." and "folder/" lead to the folder itself.
  std::error_code error;
  if (fs::is_directory(path, error)) return fs::canonical(path, error);
  const fs::path followed = follow(path).path;
  const fs::path found = fs::weakly_canonical(followed, error);
  return error ? followed.lexically_normal() : found;
}

std::optional<int> descriptor_of(const fs::path& path) {
  return follow(path).descriptor;
}

bool is_same_file(const fs::path& a, const fs::path& b) {
  const auto one = identity_of(a);
  const auto other = identity_of(b);
  if (one || other) return one == other;
  return final_path(a) == final_path(b);
}

}  // namespace zcp
