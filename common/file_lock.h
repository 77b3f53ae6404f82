// Processes that change one file take turns.
#pragma once

#include <filesystem>

#include "common/file_descriptor.h"

namespace zcp {

/// Held by one process at a time: a file PATH.lock beside the file, which is
/// removed in the end. The system frees the lock of a process that was killed,
/// so what that left is no obstacle.
class FileLock {
 public:
  /// Waits until no other process holds the lock of the file that `path` leads
  /// to, which need not be there. Throws UserError where no file can be made
  /// beside it. Where the file system has no locks nothing is waited for.
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  bool lock();

  std::filesystem::path name_;
  FileDescriptor file_;
};

}  // namespace zcp
