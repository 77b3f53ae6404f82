// Files: whole in memory, plain or compressed, or parts of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace zcp::formats {

/// The bytes of a file, a pipe or a terminal. Throws UserError when it is
/// absent, a folder, a device or unreadable, when a file has more than 4 GiB or
/// a pipe more than 1 GiB, and when nobody opens a named pipe to write for 10
/// seconds.
std::string read_bytes(const std::filesystem::path& path);

/// The bytes of a file after gzip's decompression; a file that is not
/// compressed comes as it is. Throws UserError as open_bytes does, when the
/// compressed data are cut or broken, and beyond `limit` bytes.
std::string read_gzip(const std::filesystem::path& path, std::size_t limit);

/// The same for bzip2, whose files are never plain.
std::string read_bzip2(const std::filesystem::path& path, std::size_t limit);

/// Bytes of which any part can be read: a file's, or those in memory.
class RandomBytes {
 public:
  virtual ~RandomBytes();
  virtual std::uint64_t size() const = 0;

  /// The `count` bytes from `at`, all of which must be there. Throws UserError
  /// when they cannot be read.
  virtual std::string read(std::uint64_t at, std::uint64_t count) const = 0;
};

/// Those of a file. Throws UserError when it is absent, a folder, unreadable, a
/// pipe or a device.
std::unique_ptr<RandomBytes> open_bytes(const std::filesystem::path& path);

std::unique_ptr<RandomBytes> bytes_in_memory(std::string bytes);

/// Throws UserError unless `folder` is one, saying what was expected.
void require_folder(
    const std::filesystem::path& folder,
    const std::string& expected);

}  // namespace zcp::formats
