// Zip archives whose entries are stored, not compressed: what torch.save
// writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::benchmarks {

/// An archive in memory. Its directory is checked when it is made, so that
/// every entry lies within the bytes; ZIP64 is understood.
class ZipArchive {
 public:
  struct Entry {
    std::string name;
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    std::uint32_t crc = 0;
  };

  /// Throws UserError naming `source`, what was found and what was expected,
  /// when the bytes are no zip archive, are cut, or an entry is compressed.
  ZipArchive(std::string bytes, std::string source);

  const std::string& source() const { return source_; }
  const std::vector<Entry>& entries() const { return entries_; }

  /// The bytes of an entry, valid as long as the archive. Throws UserError
  /// when their checksum is not the one of the directory.
  std::string_view content(const Entry& entry) const;

 private:
  void read_directory();
  Entry read_entry(std::uint64_t& at) const;
  std::uint64_t locate_data(std::uint64_t header, std::uint64_t size) const;
  std::uint64_t number(std::uint64_t at, std::size_t bytes) const;
  [[noreturn]] void refuse(const std::string& text) const;

  std::string bytes_;
  std::string source_;
  std::vector<Entry> entries_;
};

}  // namespace zcp::benchmarks
