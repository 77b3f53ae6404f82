#include "common/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

#include "common/error.h"
#include "common/file_identity.h"
#include "common/hash.h"

namespace zcp {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kModeBeforeUmask = 0666;

[[noreturn]] void refuse(const fs::path& path) {
  throw UserError(
      "{} cannot be written: {}", path.string(), std::strerror(errno));
}

/// What tells the processes that see the same numbers apart from those of other
/// machines and containers.
std::string place() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::error_code none;
  const fs::path space = fs::read_symlink("/proc/self/ns/pid", none);
  return fmt::format("{:08x}", hash64(host.data() + space.string()) >> 32U);
}

/// Between the name that a file will have and the end of its temporary name,
/// which no other process takes: `.PLACE-PROCESS-RANDOM.tmp`.
std::string temporary_prefix(const fs::path& path) {
  return fmt::format("{}.{}-", path.filename().string(), place());
}

fs::path temporary_name(const fs::path& path) {
  std::random_device random;
  return path.parent_path() /
         fmt::format(
             "{}{}-{:08x}.tmp", temporary_prefix(path), ::getpid(), random());
}

/// The process that made a file of this name, if that is a temporary name.
std::optional<pid_t> maker_of(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  if (name.find(".tmp", prefix.size()) == std::string_view::npos) {
    return std::nullopt;
  }
  pid_t process = 0;
  const char* begin = name.data() + prefix.size();
  const auto [end, problem] =
      std::from_chars(begin, name.data() + name.size(), process);
  const bool whole = problem == std::errc() && *end == '-' && process > 0;
  return whole ? std::optional(process) : std::nullopt;
}

/// Removes the temporary files, and what SQLite keeps beside them, of processes
/// that were killed on the way to this name.
void remove_leftovers(const fs::path& path) {
  const std::string prefix = temporary_prefix(path);
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), none)) {
    const auto maker = maker_of(entry.path().filename().string(), prefix);
    const bool gone = maker && ::kill(*maker, 0) != 0 && errno == ESRCH;
    if (gone) ::unlink(entry.path().c_str());
  }
}

fs::path checked(const fs::path& path) {
  if (path.empty()) throw UserError("expected the name of a file, not ''");
  std::error_code error;
  fs::path target = final_path(path);
  if (fs::is_directory(target, error) || !target.has_filename()) {
    throw UserError("{} is a folder, a file was expected", path.string());
  }
  if (!fs::is_directory(target.parent_path(), error)) {
    throw UserError(
        "{}: the folder {} does not exist",
        path.string(),
        target.parent_path().string());
  }
  return target;
}

/// Brings a folder's list of names to the disk, where the system can.
void sync_folder_of(const fs::path& path) {
  const FileDescriptor folder(
      ::open(path.parent_path().c_str(), O_RDONLY | O_CLOEXEC));
  if (folder) ::fsync(folder.number());
}

/// Gives a file the name `to`, unless something has it. errno says why not.
bool link_new(const fs::path& from, const fs::path& to) {
  return ::linkat(
             AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) ==
         0;
}

bool write_all(int file, const char* bytes, ssize_t size) {
  while (size > 0) {
    const ssize_t written =
        ::write(file, bytes, static_cast<std::size_t>(size));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    size -= written;
  }
  return true;
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path, Kind kind) : path_(checked(path)) {
  if (kind == Kind::nameless) make_nameless();
  if (!file_) make_named();
}

AtomicFile::~AtomicFile() {
  if (named_) ::unlink(temporary_.c_str());
}

/// Leaves file_ empty where files without a name cannot be made, or could not
/// be given one later for want of /proc.
void AtomicFile::make_nameless() {
  FileDescriptor file(::open(
      path_.parent_path().c_str(),
      O_TMPFILE | O_RDWR | O_CLOEXEC,
      kModeBeforeUmask));
  if (!file) return;
  temporary_ = fmt::format("/proc/self/fd/{}", file.number());
  std::error_code error;
  if (fs::exists(temporary_, error)) file_ = std::move(file);
}

void AtomicFile::make_named() {
  remove_leftovers(path_);
  temporary_ = temporary_name(path_);
  file_ = FileDescriptor(::open(
      temporary_.c_str(),
      O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC,
      kModeBeforeUmask));
  if (!file_) refuse(path_);
  named_ = true;
}

void AtomicFile::sync() const {
  if (::fsync(file_.number()) != 0) {
    throw std::runtime_error(fmt::format(
        "{} could not be written: {}", path_.string(), std::strerror(errno)));
  }
}

/// False when the owner of the file that is to be replaced is another one, and
/// stays so.
bool AtomicFile::take_mode_and_owner() const {
  struct stat old {};
  struct stat made {};
  if (::stat(path_.c_str(), &old) != 0) return true;
  if (::fstat(file_.number(), &made) != 0) refuse(path_);
  const bool same = old.st_uid == made.st_uid && old.st_gid == made.st_gid;
  if (!same && ::fchown(file_.number(), old.st_uid, old.st_gid) != 0) {
    return false;
  }
  return ::fchmod(file_.number(), old.st_mode & 07777) == 0;
}

void AtomicFile::overwrite() const {
  const FileDescriptor target(
      ::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!target) refuse(path_);
  std::array<char, 65536> bytes;
  off_t place = 0;
  for (;;) {
    const ssize_t size =
        ::pread(file_.number(), bytes.data(), bytes.size(), place);
    if (size == 0) break;
    if (size < 0 || !write_all(target.number(), bytes.data(), size)) {
      throw std::runtime_error(fmt::format(
          "{} could not be written: {}", path_.string(), std::strerror(errno)));
    }
    place += size;
  }
  ::fsync(target.number());
}

void AtomicFile::rename_to_path(const fs::path& name) {
  if (::rename(name.c_str(), path_.c_str()) == 0) {
    named_ = false;
    sync_folder_of(path_);
    return;
  }
  const int problem = errno;
  ::unlink(name.c_str());
  errno = problem;
  refuse(path_);
}

void AtomicFile::replace() {
  sync();
  if (!take_mode_and_owner()) return overwrite();
  if (named_) return rename_to_path(temporary_);
  if (link_new(temporary_, path_)) return sync_folder_of(path_);
  if (errno != EEXIST) refuse(path_);
  // Only a file with a name can replace another. It has that name for the time
  // between these two calls.
  const fs::path name = temporary_name(path_);
  if (!link_new(temporary_, name)) refuse(path_);
  rename_to_path(name);
}

bool AtomicFile::publish_new() {
  sync();
  // Unlike a rename, a hard link never takes the place of another file.
  if (link_new(temporary_, path_)) {
    sync_folder_of(path_);
    return true;  // and the destructor removes the temporary name
  }
  if (errno == EEXIST) return false;
  if (!named_) refuse(path_);
  // A file system without hard links.
  if (::renameat2(
          AT_FDCWD,
          temporary_.c_str(),
          AT_FDCWD,
          path_.c_str(),
          RENAME_NOREPLACE) == 0) {
    named_ = false;
    sync_folder_of(path_);
    return true;
  }
  if (errno == EEXIST || identity_of(path_)) return false;
  rename_to_path(temporary_);
  return true;
}

}  // namespace zcp
