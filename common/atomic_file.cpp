#include "common/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <system_error>

#include "common/error.h"

namespace zcp {
namespace {

namespace fs = std::filesystem;

/// Brings a file's content, or a folder's list of names, to the disk.
/// False when the system cannot; errno says why.
bool sync_to_disk(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::fsync(file) == 0;
  ::close(file);
  return done;
}

/// A name that no other process takes. Unlike mkstemp, this leaves the
/// permissions of the file to the umask.
fs::path temporary_name(const fs::path& path) {
  std::random_device random;
  fs::path name = path;
  name += fmt::format(".{}-{:08x}.tmp", ::getpid(), random());
  return name;
}

/// True for pipes, devices and the like, which are written as they are.
bool is_special(const fs::path& path) {
  std::error_code none;
  const fs::file_status status = fs::status(path, none);
  return fs::exists(status) && !fs::is_regular_file(status) &&
         !fs::is_directory(status);
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path target = fs::weakly_canonical(fs::absolute(path), error);
  if (error) throw UserError("{}: {}", path.string(), error.message());
  if (fs::is_directory(target)) {
    throw UserError("{} is a folder, a file was expected", path.string());
  }
  if (!fs::is_directory(target.parent_path())) {
    throw UserError(
        "{}: the folder {} does not exist",
        path.string(),
        target.parent_path().string());
  }
  return target;
}

void write_stream(
    std::ofstream& stream,
    const fs::path& path,
    const std::string& destination,
    const std::function<void(std::ostream&)>& write) {
  stream.open(path, std::ios::binary);
  if (!stream) {
    throw UserError(
        "{} cannot be written: {}", destination, std::strerror(errno));
  }
  write(stream);
  stream.close();
  if (!stream) {
    throw std::runtime_error(
        fmt::format("{} could not be written to its end", destination));
  }
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path)
    : path_(resolved(path)), temporary_(temporary_name(path_)) {}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (!published_) fs::remove(temporary_, ignored);
}

void AtomicFile::sync_temporary() const {
  if (!sync_to_disk(temporary_)) {
    throw std::runtime_error(fmt::format(
        "{} could not be written: {}", path_.string(), std::strerror(errno)));
  }
}

void AtomicFile::replace() {
  sync_temporary();
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) {
    throw UserError(
        "{} cannot be written: {}", path_.string(), error.message());
  }
  published_ = true;
  sync_to_disk(path_.parent_path());
}

bool AtomicFile::publish_new() {
  sync_temporary();
  // Unlike a rename, a hard link never takes the place of another file.
  std::error_code error;
  fs::create_hard_link(temporary_, path_, error);
  if (!error) {
    sync_to_disk(path_.parent_path());
    return true;  // and the destructor removes the temporary name
  }
  if (fs::exists(path_)) return false;
  replace();  // a file system without hard links
  return true;
}

void check_destination(const std::string& destination, const fs::path& kept) {
  if (destination == "-") return;
  const fs::path path(destination);
  if (!kept.empty() &&
      fs::weakly_canonical(path) == fs::weakly_canonical(kept)) {
    throw UserError(
        "{}: the table would replace the store; give it another name",
        destination);
  }
  if (!is_special(path)) const AtomicFile probe(path);
}

void write_output(
    const std::string& destination,
    const std::function<void(std::ostream&)>& write) {
  std::ofstream stream;
  if (destination == "-") {
    write(std::cout);
  } else if (is_special(destination)) {
    write_stream(stream, destination, destination, write);
  } else {
    AtomicFile file(destination);
    write_stream(stream, file.temporary(), destination, write);
    file.replace();
  }
}

}  // namespace zcp
