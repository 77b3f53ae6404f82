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

/// The text of the file, or of standard input for `-`, as UTF-8 without a byte
/// order mark; UTF-16 is told by its mark and converted, and a file whose name
/// ends in .gz is decompressed, up to 1 GiB. Throws UserError when the file is
/// absent or unreadable, and for text in another encoding that has zero bytes.
std::string read_text(const std::filesystem::path& path);

/// `bytes` as read_text() gives them; `source` names them in messages.
std::string to_utf8(std::string bytes, const std::string& source);

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
    const CsvRowHandler& on_row,
    char separator = ',');

/// What separates the fields of `text`: the first of comma, semicolon and tab
/// by which its first row has a field that is one of `names`; the comma where
/// none does.
char find_separator(std::string_view text, std::span<const std::string> names);

/// Appends a field, quoted where RFC 4180 asks for it.
void append_csv_field(std::string& line, std::string_view field);

}  // namespace zcp::formats
