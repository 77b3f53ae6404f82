// Which file a path leads to, whatever its spelling.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace zcp {

/// What the system tells a file by: hard links to one file have the same.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// Of the file that `path` leads to; nullopt when there is none.
std::optional<FileIdentity> identity_of(const std::filesystem::path& path);

/// The absolute path without symbolic links and dots, also where the file is
/// not there yet or a link leads to none.
std::filesystem::path final_path(const std::filesystem::path& path);

/// The N of /dev/fd/N, /proc/self/fd/N, and of /dev/stdout and the like, which
/// are links to those; nullopt for every other path.
std::optional<int> descriptor_of(const std::filesystem::path& path);

/// True when both lead to one file, or will once it is made.
bool is_same_file(
    const std::filesystem::path& a,
    const std::filesystem::path& b);

}  // namespace zcp
