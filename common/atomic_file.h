// Files that appear complete or not at all.
#pragma once

#include <filesystem>

#include "common/destination.h"
#include "common/file_descriptor.h"

namespace zcp {

/// A file that has not its name yet. It lies in the folder where it is to
/// appear (a name can be given only within a file system), without any name
/// where the system can do so: then nothing is left of it when the process is
/// ended by a signal. Unless published it is removed again. What a process that
/// was killed has left under a temporary name is removed by the next one that
/// makes a named file for the same path.
class AtomicFile {
 public:
  /// `named` is for those who must open the file by a name of its own.
  enum class Kind { nameless, named };

  /// Follows symbolic links, also to a file that is not there yet. Makes the
  /// unpublished file, which is empty, with the permissions that the umask
  /// leaves. Throws UserError when `path` is a folder, its folder does not
  /// exist or no file can be made there.
  explicit AtomicFile(
      const std::filesystem::path& path,
      Kind kind = Kind::nameless);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Where to write before publishing: a path for this process alone.
  const std::filesystem::path& temporary() const { return temporary_; }

  /// Takes the place of whatever was there, with its mode and owner. Where the
  /// owner cannot be given to a new file, the content of the old one is
  /// overwritten. Throws UserError when it cannot.
  void replace();

  /// False, with nothing changed, when a file of that name is there already.
  bool publish_new();

 private:
  void make_nameless();
  void make_named();
  void sync() const;
  bool take_mode_and_owner() const;
  void overwrite() const;
  void rename_to_path(const std::filesystem::path& name);

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  FileDescriptor file_;
  bool named_ = false;  // and `temporary_` has to be removed
};

}  // namespace zcp
