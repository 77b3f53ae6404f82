// Zip archives whose entries are stored, as torch.save writes them, or
// deflated, as torch.jit.save writes its code.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/formats/files.h"

namespace zcp::formats {

/// How entries may be packed.
enum class Packing : std::uint8_t { stored, stored_or_deflated };

/// An archive. Its directory is checked when it is made, so that every entry
/// lies within the bytes; ZIP64 is understood.
class ZipArchive {
 public:
  struct Entry {
    std::string name;
    std::uint64_t begin = 0;
    std::uint64_t packed = 0;  ///< bytes in the archive
    std::uint64_t size = 0;    ///< bytes of the content
    std::uint32_t crc = 0;
    bool deflated = false;
  };

  /// Throws UserError naming `source`, what was found and what was expected,
  /// when the bytes are no zip archive, are cut, or an entry is packed in
  /// another way.
  ZipArchive(
      std::shared_ptr<const RandomBytes> bytes,
      std::string source,
      Packing packing = Packing::stored);

  const std::string& source() const { return source_; }
  const std::vector<Entry>& entries() const { return entries_; }

  /// The entry whose name ends in `/name`: torch.save's folder is named as the
  /// file was. Null when there is none.
  const Entry* find(const std::string& name) const;

  /// The bytes of an entry. Throws UserError when their number or checksum is
  /// not that of the directory. The memory is what the entry says: whoever
  /// reads deflated ones looks at their sizes first.
  std::string content(const Entry& entry) const;

  /// Throws that error unless `crc` is the entry's checksum.
  void check(const Entry& entry, std::uint32_t crc) const;

 private:
  void read_directory();
  Entry read_entry(std::uint64_t& at) const;
  std::uint64_t locate_data(std::uint64_t header, std::uint64_t size) const;
  std::uint64_t number(std::uint64_t at, std::size_t bytes) const;
  std::string inflated(const Entry& entry) const;
  [[noreturn]] void refuse(const std::string& text) const;

  std::shared_ptr<const RandomBytes> bytes_;
  std::string source_;
  Packing packing_;
  std::vector<Entry> entries_;
};

}  // namespace zcp::formats
