// Lists of architectures without numbers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace zcp::tables {

/// The architectures of a file (`-`: standard input), in its order: one spec a
/// line, blank lines and lines that start with # skipped; or, when the first
/// line has a field `arch`, a CSV with that column. Specs may repeat.
/// Throws UserError when the file is absent, unreadable or holds none.
std::vector<std::string> read_arch_list(const std::filesystem::path& path);

}  // namespace zcp::tables
