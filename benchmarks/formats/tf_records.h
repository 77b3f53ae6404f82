// TensorFlow's record files (.tfrecord).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "benchmarks/formats/files.h"

namespace zcp::formats {

/// The records of a file, front to back; a record is its length in 8 bytes,
/// the length's checksum in 4, the data, and the data's checksum in 4.
class TfRecords {
 public:
  TfRecords(std::shared_ptr<const RandomBytes> bytes, std::string source);

  /// The next record's data, valid until the next call; empty behind the last.
  /// Throws UserError naming the source, the byte, what was found and what was
  /// expected, when a record is cut, its checksums do not fit, or it has more
  /// than 1 MiB.
  std::optional<std::string_view> next();

  /// Where the record that was returned last begins.
  std::uint64_t record_at() const { return record_at_; }

  [[noreturn]] void refuse(const std::string& text) const;

 private:
  std::string_view take(std::uint64_t size);
  void check(std::string_view data, std::string_view stored) const;

  std::shared_ptr<const RandomBytes> bytes_;
  std::string source_;
  std::string buffer_;
  std::size_t at_ = 0;      ///< in the buffer
  std::uint64_t read_ = 0;  ///< bytes that were read into it
  std::uint64_t record_at_ = 0;
};

/// CRC-32C (Castagnoli), and as TensorFlow stores it.
std::uint32_t crc32c(std::string_view bytes);
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace zcp::formats
