// Text files and comma-separated values as RFC 4180 has them, read by libcsv.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace zcp::formats {

/// The name of `path` in messages; `-` is standard input.
std::string source_name(const std::filesystem::path& path);

/// The bytes of the file, or of standard input for `-`, without a UTF-8 byte
/// order mark. Throws UserError when the file is absent or unreadable.
std::string read_text(const std::filesystem::path& path);

/// Called for each row: the number of the line it begins on (from 1), and its
/// fields without quotes, valid during the call.
using CsvRowHandler =
    std::function<void(std::size_t line, std::span<const std::string_view>)>;

/// Parses `text` and calls `on_row` in order. Blank lines are skipped, and so
/// are lines that start with # before the first row. Blanks around an
/// unquoted field are dropped. Throws UserError naming `source` and the line
/// where a quote is misplaced or never closed, and whatever `on_row` throws.
void parse_csv(
    std::string_view text,
    const std::string& source,
    const CsvRowHandler& on_row);

/// Appends a field, quoted where RFC 4180 asks for it.
void append_csv_field(std::string& line, std::string_view field);

}  // namespace zcp::formats
