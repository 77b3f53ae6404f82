// Whole files in memory, plain or compressed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace zcp::benchmarks {

/// The bytes of a file. Throws UserError when it is absent, a folder or
/// unreadable.
std::string read_bytes(const std::filesystem::path& path);

/// The bytes of a file after gzip's decompression; a file that is not
/// compressed comes as it is. Throws UserError as read_bytes does, when the
/// compressed data are cut or broken, and beyond `limit` bytes.
std::string read_gzip(const std::filesystem::path& path, std::size_t limit);

/// The same for bzip2, whose files are never plain.
std::string read_bzip2(const std::filesystem::path& path, std::size_t limit);

/// Throws UserError unless `folder` is one, saying what was expected.
void require_folder(
    const std::filesystem::path& folder,
    const std::string& expected);

}  // namespace zcp::benchmarks
