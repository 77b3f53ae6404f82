// Files that appear complete or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>

namespace zcp {

/// A file under a temporary name beside the one it is to become (renaming is
/// atomic only within a file system). Unless published it is removed again.
class AtomicFile {
 public:
  /// Follows symbolic links. Throws UserError when `path` is a folder or its
  /// folder does not exist. Creates nothing yet.
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Where to write before publishing.
  const std::filesystem::path& temporary() const { return temporary_; }

  /// Takes the place of whatever was there. Throws UserError when it cannot.
  void replace();

  /// False, with nothing changed, when a file of that name is there already.
  bool publish_new();

 private:
  void sync_temporary() const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  bool published_ = false;
};

/// Throws UserError when write_output could not write `destination`, or when
/// that is `kept`, a file that the same command needs (empty: none). Commands
/// call it before long work, so that no result is lost in the end.
void check_destination(
    const std::string& destination,
    const std::filesystem::path& kept);

/// Calls `write` with standard output for "-", else with a stream whose
/// content becomes the file `destination` once it is complete. Pipes and
/// devices are written as they are. Throws UserError when the file cannot be
/// written, std::runtime_error when writing breaks off.
void write_output(
    const std::string& destination,
    const std::function<void(std::ostream&)>& write);

}  // namespace zcp
