#include "benchmarks/formats/zip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "benchmarks/formats/byte_order.h"
#include "common/error.h"

namespace zcp::formats {
namespace {

// Signatures, and where fields lie behind them (PKWARE's APPNOTE.TXT 4.3).
constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kCentralSize = 46;
constexpr std::size_t kLocatorSize = 20;
constexpr std::uint64_t kTail = 22 + 65535;
constexpr std::uint64_t kIn64 = 0xffffffff;  // "see the ZIP64 field"

}  // namespace

ZipArchive::ZipArchive(
    std::shared_ptr<const RandomBytes> bytes,
    std::string source,
    Packing packing)
    : bytes_(std::move(bytes)), source_(std::move(source)), packing_(packing) {
  read_directory();
}

const ZipArchive::Entry* ZipArchive::find(const std::string& name) const {
  for (const Entry& entry : entries_) {
    if (entry.name.ends_with("/" + name)) return &entry;
  }
  return nullptr;
}

std::string ZipArchive::content(const Entry& entry) const {
  std::string bytes =
      entry.deflated ? inflated(entry) : bytes_->read(entry.begin, entry.size);
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  check(entry, static_cast<std::uint32_t>(crc32_z(0, data, bytes.size())));
  return bytes;
}

/// What a deflated entry holds: exactly the size that the directory says.
std::string ZipArchive::inflated(const Entry& entry) const {
  std::string packed = bytes_->read(entry.begin, entry.packed);
  std::string bytes(entry.size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  const auto end = [](z_stream* open) { inflateEnd(open); };
  const std::unique_ptr<z_stream, decltype(end)> guard(&stream, end);
  constexpr std::uint64_t kMost = std::numeric_limits<uInt>::max();
  int status = Z_BUF_ERROR;
  if (packed.size() <= kMost && bytes.size() <= kMost) {
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    status = ::inflate(&stream, Z_FINISH);
  }
  if (status != Z_STREAM_END || stream.avail_out > 0) {
    refuse(fmt::format(
        "entry '{}': found compressed data that are cut or broken, expected "
        "{} bytes",
        entry.name,
        entry.size));
  }
  return bytes;
}

void ZipArchive::check(const Entry& entry, std::uint32_t crc) const {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  const bool good = true;  // a fuzzer cannot guess checksums
#else
  const bool good = crc == entry.crc;
#endif
  if (good) return;
  refuse(fmt::format(
      "entry '{}': found checksum {:08x}, expected {:08x} (a broken file?)",
      entry.name,
      crc,
      entry.crc));
}

void ZipArchive::refuse(const std::string& text) const {
  throw UserError("{}: {}", source_, text);
}

/// The little-endian number of `bytes` bytes at `at`.
std::uint64_t ZipArchive::number(std::uint64_t at, std::size_t bytes) const {
  if (at > bytes_->size() || bytes_->size() - at < bytes) {
    refuse(fmt::format(
        "found the end at byte {}, expected more of a zip archive (a cut "
        "file?)",
        bytes_->size()));
  }
  return little_endian(bytes_->read(at, bytes));
}

void ZipArchive::read_directory() {
  // The directory's end lies before a comment of at most 64 KiB.
  const std::uint64_t tail = std::min<std::uint64_t>(bytes_->size(), kTail);
  const std::uint64_t tail_at = bytes_->size() - tail;
  const std::size_t found = bytes_->read(tail_at, tail).rfind("PK\x05\x06");
  if (found == std::string::npos || bytes_->read(0, 2) != "PK") {
    refuse("found no zip archive, expected one (a cut file?)");
  }
  const std::uint64_t end = tail_at + found;
  number(end + 20, 2);  // the size of the comment, which ends the record
  std::uint64_t count = number(end + 10, 2);
  std::uint64_t at = number(end + 16, 4);
  if (end >= kLocatorSize && number(end - kLocatorSize, 4) == kEnd64Locator) {
    const std::uint64_t end64 = number(end - kLocatorSize + 8, 8);
    if (number(end64, 4) != kEnd64) refuse("found a broken ZIP64 directory");
    count = number(end64 + 32, 8);
    at = number(end64 + 48, 8);
  }
  // Every entry takes room in the directory: a lying count ends there.
  for (std::uint64_t i = 0; i < count; ++i) entries_.push_back(read_entry(at));
}

/// Reads the directory's entry at `at`, which moves behind it.
ZipArchive::Entry ZipArchive::read_entry(std::uint64_t& at) const {
  if (number(at, 4) != kCentralHeader) {
    refuse(fmt::format("byte {}: found no directory entry of a zip", at));
  }
  const bool encrypted = (number(at + 8, 2) & 1U) != 0;
  const std::uint64_t method = number(at + 10, 2);
  std::uint64_t packed = number(at + 20, 4);
  std::uint64_t size = number(at + 24, 4);
  const std::uint64_t name_size = number(at + 28, 2);
  const std::uint64_t extra_size = number(at + 30, 2);
  const std::uint64_t comment_size = number(at + 32, 2);
  std::uint64_t header = number(at + 42, 4);
  const std::uint64_t extra = at + kCentralSize + name_size;
  number(extra + extra_size, comment_size > 0 ? 1 : 0);
  Entry entry;
  entry.name = bytes_->read(at + kCentralSize, name_size);
  entry.crc = static_cast<std::uint32_t>(number(at + 16, 4));
  for (std::uint64_t field = extra; field + 4 <= extra + extra_size;) {
    const std::uint64_t kind = number(field, 2);
    std::uint64_t value = field + 4;
    field = value + number(field + 2, 2);
    if (kind != 1) continue;
    for (std::uint64_t* wide : {&size, &packed, &header}) {
      if (*wide != kIn64) continue;
      *wide = number(value, 8);
      value += 8;
    }
  }
  entry.deflated = method == 8 && packing_ == Packing::stored_or_deflated;
  if (encrypted || (!entry.deflated && (method != 0 || packed != size))) {
    refuse(fmt::format(
        "entry '{}': found {} {}, expected stored data as torch.save writes "
        "them",
        entry.name,
        encrypted ? "encryption and compression method" : "compression method",
        method));
  }
  entry.size = size;
  entry.packed = packed;
  entry.begin = locate_data(header, packed);
  at = extra + extra_size + comment_size;
  return entry;
}

/// Where the data behind the local header begin.
std::uint64_t ZipArchive::locate_data(std::uint64_t header, std::uint64_t size)
    const {
  if (number(header, 4) != kLocalHeader) {
    refuse(fmt::format("byte {}: found no local header of a zip", header));
  }
  const std::uint64_t begin =
      header + kLocalSize + number(header + 26, 2) + number(header + 28, 2);
  if (begin > bytes_->size() || bytes_->size() - begin < size) {
    refuse(fmt::format(
        "found {} bytes, expected an entry of {} at {} (a cut file?)",
        bytes_->size(),
        size,
        begin));
  }
  return begin;
}

}  // namespace zcp::formats
