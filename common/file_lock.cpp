#include "common/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/error.h"
#include "common/file_identity.h"

namespace zcp {

FileLock::FileLock(const std::filesystem::path& path)
    : name_(final_path(path)) {
  name_ += ".lock";
  while (!lock()) {
  }
}

FileLock::~FileLock() {
  // While it is locked: a process that waits for it sees that it is gone.
  ::unlink(name_.c_str());
}

/// False where the process that held the lock has removed its file, which then
/// tells nobody anything.
bool FileLock::lock() {
  constexpr mode_t kModeBeforeUmask = 0666;
  file_ = FileDescriptor(
      ::open(name_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, kModeBeforeUmask));
  if (!file_) {
    throw UserError(
        "{} cannot be made: {}", name_.string(), std::strerror(errno));
  }
  while (::flock(file_.number(), LOCK_EX) != 0) {
    if (errno != EINTR) return true;
  }
  struct stat locked {};
  if (::fstat(file_.number(), &locked) != 0) return true;
  return identity_of(name_) == FileIdentity{locked.st_dev, locked.st_ino};
}

}  // namespace zcp
