// TorchScript files and exported programs, read with suspicion. LibTorch trusts
// what TorchScript files say: it takes no checksums, reads storages of the size
// that their tensors claim, and follows any nesting down the stack.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "common/model_source.h"

namespace zcp::formats {

/// hash64() of the bytes of a file. Throws UserError when it is no regular
/// file, is too large to be a network, or cannot be read.
std::uint64_t content_of(const std::filesystem::path& path);

/// The file in memory, after these checks:
/// - it is a zip archive whose entries lie apart from each other within it, no
///   two of one name, and have the bytes that their checksums say;
/// - what its compressed entries hold is bounded;
/// - every storage has as many bytes as the file says, every tensor lies within
///   its storage;
/// - values, types and code nest no deeper than a stack holds.
/// An exported program (`.pt2`) is told by its entries, and read as
/// exported_file.h says.
/// Throws UserError, one line that names the file, what was found and what was
/// expected; and as content_of() does.
ModelSource read_model_file(const std::filesystem::path& path);

/// The same of a file's bytes that are in memory already; `name` stands for
/// its path, in messages alone.
ModelSource check_model(
    const std::filesystem::path& name,
    std::shared_ptr<const std::string> bytes);

}  // namespace zcp::formats
