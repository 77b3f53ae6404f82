#include "benchmarks/formats/tf_records.h"

#include <algorithm>
#include <bit>
#include <boost/crc.hpp>

#include "benchmarks/formats/byte_order.h"
#include "common/error.h"

namespace zcp::formats {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{1} << 20U;
constexpr std::uint64_t kRecordPiece = std::uint64_t{1} << 20U;
constexpr std::size_t kHead = 12;
constexpr std::size_t kChecksumBytes = 4;

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8U;
}

TfRecords::TfRecords(
    std::shared_ptr<const RandomBytes> bytes,
    std::string source)
    : bytes_(std::move(bytes)), source_(std::move(source)) {}

void TfRecords::refuse(const std::string& text) const {
  throw UserError("{}: record at byte {}: {}", source_, record_at_, text);
}

/// Bytes that lie behind those taken before.
std::string_view TfRecords::take(std::uint64_t size) {
  if (buffer_.size() - at_ < size) {
    buffer_.erase(0, at_);
    at_ = 0;
    const std::uint64_t more =
        std::min(std::max(kRecordPiece, size), bytes_->size() - read_);
    buffer_ += bytes_->read(read_, more);
    read_ += more;
  }
  if (buffer_.size() < size) {
    refuse(fmt::format(
        "found the end of the file, expected {} more bytes (a cut file?)",
        size - buffer_.size()));
  }
  const std::string_view part = std::string_view(buffer_).substr(at_, size);
  at_ += size;
  return part;
}

void TfRecords::check(std::string_view data, std::string_view stored) const {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  const bool good = true;  // a fuzzer cannot guess checksums
#else
  const bool good = masked_crc32c(data) == little_endian(stored);
#endif
  if (good) return;
  refuse(fmt::format(
      "found checksum {:08x}, expected {:08x} (a broken file, or no TFRecord)",
      masked_crc32c(data),
      little_endian(stored)));
}

std::optional<std::string_view> TfRecords::next() {
  record_at_ = read_ - (buffer_.size() - at_);
  if (record_at_ == bytes_->size()) return std::nullopt;
  const std::string_view head = take(kHead);
  check(head.substr(0, 8), head.substr(8));
  const std::uint64_t size = little_endian(head.substr(0, 8));
  if (size > kLargest) {
    refuse(fmt::format("found {} bytes, expected at most {}", size, kLargest));
  }
  const std::string_view data = take(size + kChecksumBytes);
  check(data.substr(0, size), data.substr(size));
  return data.substr(0, size);
}

}  // namespace zcp::formats
