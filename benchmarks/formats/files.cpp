#include "benchmarks/formats/files.h"

#include <bzlib.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

#include "common/error.h"
#include "common/file_descriptor.h"
#include "common/file_identity.h"

namespace zcp::formats {
namespace {

void require_file(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw UserError("{}: no such file", path.string());
  }
  if (std::filesystem::is_directory(path)) {
    throw UserError("{}: found a folder, expected a file", path.string());
  }
}

/// Throws for what has no size, as only files have.
void require_regular_file(const std::filesystem::path& path) {
  require_file(path);
  if (std::filesystem::is_regular_file(path)) return;
  const bool pipe = std::filesystem::is_fifo(path);
  throw UserError(
      "{}: found a {}, expected a file",
      path.string(),
      pipe ? "pipe" : "device");
}

/// Whole files in memory are no larger.
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30U;

/// Nor are pipes, whose end is not known beforehand.
constexpr std::uint64_t kMostPiped = std::uint64_t{1} << 30U;

/// A file, a pipe or a terminal that is read from its start to its end.
class Input {
 public:
  explicit Input(const std::filesystem::path& path)
      : name_(path.string()),
        file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (!file_ || ::fstat(file_.number(), &found_) != 0) {
      throw UserError("{}: the file cannot be opened", name_);
    }
    if (is_endless()) {
      throw UserError("{}: found a device, expected a file", name_);
    }
    named_pipe_ = S_ISFIFO(found_.st_mode) && !descriptor_of(path);
  }

  std::string read_all() {
    const std::size_t most = S_ISREG(found_.st_mode) ? kMostBytes : kMostPiped;
    std::string bytes;
    for (std::size_t room = first_room();; room *= 2) {
      const std::size_t have = bytes.size();
      if (have > most || (have == 0 && room > most + 1)) refuse_length(most);
      bytes.resize(std::min(room, most + 1));
      const std::size_t got = fill(bytes, have);
      const bool ended = got < bytes.size();
      bytes.resize(got);
      if (ended) return bytes;
    }
  }

 private:
  /// One byte more than a file has, so that its end is met at once.
  std::size_t first_room() const {
    constexpr std::size_t kBlock = 1U << 16U;
    const auto size = static_cast<std::size_t>(found_.st_size);
    return S_ISREG(found_.st_mode) && size > 0 ? size + 1 : kBlock;
  }

  [[noreturn]] void refuse_length(std::uint64_t most) const {
    throw UserError(
        "{}: found more than {} MiB, expected a shorter file",
        name_,
        most >> 20U);
  }

  /// Reads behind the first `from` bytes until there is no room or no more.
  /// Returns how many bytes there are.
  std::size_t fill(std::string& bytes, std::size_t from) {
    while (from < bytes.size()) {
      const std::size_t got =
          read_some(bytes.data() + from, bytes.size() - from);
      if (got == 0) break;
      from += got;
    }
    return from;
  }

  /// 0 at the end. Without a writer a pipe gives its end at once, also when the
  /// writer is yet to come: that of a named pipe is waited for.
  std::size_t read_some(char* to, std::size_t most) {
    for (int waited = 0;;) {
      const ::ssize_t got = ::read(file_.number(), to, most);
      const bool has_writer = got > 0 || (got < 0 && errno == EAGAIN);
      if (got < 0 && !has_writer && errno != EINTR) {
        throw UserError("{}: the file cannot be read", name_);
      }
      if (has_writer) writer_came_ = true;
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0 && (!named_pipe_ || writer_came_)) return 0;
      if (waited >= kPatience) refuse_silence();
      pollfd ready{file_.number(), POLLIN, 0};
      ::poll(&ready, 1, kStep);
      if (!writer_came_) waited += kStep;
    }
  }

  [[noreturn]] void refuse_silence() const {
    throw UserError(
        "{}: nobody writes to this pipe, waited {} seconds",
        name_,
        kPatience / 1000);
  }

  /// /dev/null has an end, and a terminal ends when its user says so.
  bool is_endless() const {
    if (S_ISBLK(found_.st_mode)) return true;
    if (!S_ISCHR(found_.st_mode)) return false;
    const bool null = found_.st_rdev == ::makedev(1, 3);
    return !null && ::isatty(file_.number()) != 1;
  }

  static constexpr int kPatience = 10'000;  // milliseconds
  static constexpr int kStep = 100;

  std::string name_;
  FileDescriptor file_;
  struct stat found_ {};
  bool named_pipe_ = false;
  bool writer_came_ = false;
};

struct CloseGzip {
  void operator()(gzFile_s* file) const { gzclose(file); }
};
using GzipFile = std::unique_ptr<gzFile_s, CloseGzip>;

[[noreturn]] void refuse_gzip(gzFile_s* file, const std::string& name) {
  int code = 0;
  const std::string text = gzerror(file, &code);
  throw UserError(
      "{}: the compressed data are cut or broken ({})",
      name,
      text.empty() ? "unexpected end of file" : text);
}

/// libbz2's decompressor.
class Bunzip {
 public:
  Bunzip() {
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
  }
  ~Bunzip() { BZ2_bzDecompressEnd(&stream_); }
  Bunzip(const Bunzip&) = delete;
  Bunzip& operator=(const Bunzip&) = delete;

  bz_stream& stream() { return stream_; }

 private:
  bz_stream stream_ = {};
};

/// Appends what one bzip2 stream at the front of `packed` holds and removes
/// it. False when the stream is cut or broken, or grows beyond `limit`.
bool unpack_bzip2(std::string& packed, std::string& out, std::size_t limit) {
  Bunzip bunzip;
  bz_stream& stream = bunzip.stream();
  stream.next_in = packed.data();
  stream.avail_in = static_cast<unsigned>(packed.size());
  constexpr unsigned kBlock = 1U << 18U;
  int status = BZ_OK;
  while (status == BZ_OK) {
    const std::size_t before = out.size();
    out.resize(before + kBlock);
    stream.next_out = out.data() + before;
    stream.avail_out = kBlock;
    status = BZ2_bzDecompress(&stream);
    out.resize(before + kBlock - stream.avail_out);
    const bool stuck = out.size() == before && stream.avail_in == 0;
    if (out.size() > limit || (status == BZ_OK && stuck)) return false;
  }
  packed.erase(0, packed.size() - stream.avail_in);
  return status == BZ_STREAM_END;
}

class FileBytes : public RandomBytes {
 public:
  explicit FileBytes(const std::filesystem::path& path)
      : name_(path.string()),
        file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    // Without O_NONBLOCK a pipe that nobody writes to is waited for.
    if (!file_) throw UserError("{}: the file cannot be opened", name_);
    struct ::stat status {};
    const bool known = ::fstat(file_.number(), &status) == 0;
    if (!known || !S_ISREG(status.st_mode)) {
      const bool pipe = known && S_ISFIFO(status.st_mode);
      throw UserError(
          "{}: found a {}, expected a file", name_, pipe ? "pipe" : "device");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::uint64_t size() const override { return size_; }

  std::string read(std::uint64_t at, std::uint64_t count) const override {
    std::string bytes(count, '\0');
    for (std::uint64_t done = 0; done < count;) {
      const ::ssize_t got = ::pread(
          file_.number(),
          bytes.data() + done,
          count - done,
          static_cast<::off_t>(at + done));
      if (got <= 0) throw UserError("{}: the file cannot be read", name_);
      done += static_cast<std::uint64_t>(got);
    }
    return bytes;
  }

 private:
  std::string name_;
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

class MemoryBytes : public RandomBytes {
 public:
  explicit MemoryBytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  std::string read(std::uint64_t at, std::uint64_t count) const override {
    return bytes_.substr(at, count);
  }

 private:
  std::string bytes_;
};

}  // namespace

RandomBytes::~RandomBytes() = default;

std::unique_ptr<RandomBytes> open_bytes(const std::filesystem::path& path) {
  require_regular_file(path);
  return std::make_unique<FileBytes>(path);
}

std::unique_ptr<RandomBytes> bytes_in_memory(std::string bytes) {
  return std::make_unique<MemoryBytes>(std::move(bytes));
}

std::string read_bytes(const std::filesystem::path& path) {
  require_file(path);
  return Input(path).read_all();
}

std::string read_gzip(const std::filesystem::path& path, std::size_t limit) {
  require_regular_file(path);
  const std::string name = path.string();
  const GzipFile file(gzopen(name.c_str(), "rb"));
  if (!file) throw UserError("{}: the file cannot be opened", name);
  constexpr unsigned kBlock = 1U << 20U;
  gzbuffer(file.get(), kBlock);
  std::string bytes;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kBlock);
    const int got = gzread(file.get(), bytes.data() + before, kBlock);
    if (got < 0) refuse_gzip(file.get(), name);
    bytes.resize(before + static_cast<std::size_t>(got));
    if (bytes.size() > limit) {
      throw UserError("{}: found more than {} bytes inside", name, limit);
    }
    if (got == 0) break;
  }
  // A cut file ends without an error but with one on closing.
  int code = 0;
  gzerror(file.get(), &code);
  if (code != Z_OK && code != Z_STREAM_END) refuse_gzip(file.get(), name);
  return bytes;
}

std::string read_bzip2(const std::filesystem::path& path, std::size_t limit) {
  std::string packed = read_bytes(path);
  if (packed.size() > limit) {
    throw UserError("{}: found more than {} bytes", path.string(), limit);
  }
  std::string bytes;
  do {  // a file may be several streams, one behind the other
    if (!unpack_bzip2(packed, bytes, limit)) {
      throw UserError(
          "{}: the bzip2 data are cut, broken or larger than {} bytes",
          path.string(),
          limit);
    }
  } while (!packed.empty());
  return bytes;
}

void require_folder(
    const std::filesystem::path& folder,
    const std::string& expected) {
  if (std::filesystem::is_directory(folder)) return;
  throw UserError(
      "{}: {}, expected {}",
      folder.string(),
      std::filesystem::exists(folder) ? "found a file" : "no such folder",
      expected);
}

}  // namespace zcp::formats
