// Zip archives whose entries are stored, not compressed: what torch.save
// writes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/formats/files.h"

namespace zcp::formats {

/// An archive. Its directory is checked when it is made, so that every entry
/// lies within the bytes; ZIP64 is understood.
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
  ZipArchive(std::shared_ptr<const RandomBytes> bytes, std::string source);

  const std::string& source() const { return source_; }
  const std::vector<Entry>& entries() const { return entries_; }

  /// The entry whose name ends in `/name`: torch.save's folder is named as the
  /// file was. Null when there is none.
  const Entry* find(const std::string& name) const;

  /// The bytes of an entry. Throws UserError when their checksum is not the
  /// one of the directory.
  std::string content(const Entry& entry) const;

  /// Throws that error unless `crc` is the entry's checksum.
  void check(const Entry& entry, std::uint32_t crc) const;

 private:
  void read_directory();
  Entry read_entry(std::uint64_t& at) const;
  std::uint64_t locate_data(std::uint64_t header, std::uint64_t size) const;
  std::uint64_t number(std::uint64_t at, std::size_t bytes) const;
  [[noreturn]] void refuse(const std::string& text) const;

  std::shared_ptr<const RandomBytes> bytes_;
  std::string source_;
  std::vector<Entry> entries_;
};

}  // namespace zcp::formats
