#include "benchmarks/formats/files.h"

#include <bzlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <new>

#include "common/error.h"

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
    if (file_ < 0) throw UserError("{}: the file cannot be opened", name_);
    struct ::stat status {};
    const bool known = ::fstat(file_, &status) == 0;
    if (known && S_ISREG(status.st_mode)) {
      size_ = static_cast<std::uint64_t>(status.st_size);
      return;
    }
    ::close(file_);
    const bool pipe = known && S_ISFIFO(status.st_mode);
    throw UserError(
        "{}: found a {}, expected a file", name_, pipe ? "pipe" : "device");
  }
  ~FileBytes() override { ::close(file_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::uint64_t size() const override { return size_; }

  std::string read(std::uint64_t at, std::uint64_t count) const override {
    std::string bytes(count, '\0');
    for (std::uint64_t done = 0; done < count;) {
      const ::ssize_t got = ::pread(
          file_,
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
  int file_;
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
  require_file(path);
  return std::make_unique<FileBytes>(path);
}

std::unique_ptr<RandomBytes> bytes_in_memory(std::string bytes) {
  return std::make_unique<MemoryBytes>(std::move(bytes));
}

std::string read_bytes(const std::filesystem::path& path) {
  require_file(path);
  std::ifstream in(path, std::ios::binary);
  if (!in) throw UserError("{}: the file cannot be opened", path.string());
  std::error_code no_size;
  const auto size = std::filesystem::file_size(path, no_size);
  if (no_size) {  // a pipe such as /dev/fd/63
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string bytes(size, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!in) throw UserError("{}: the file cannot be read", path.string());
  return bytes;
}

std::string read_gzip(const std::filesystem::path& path, std::size_t limit) {
  require_file(path);
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
