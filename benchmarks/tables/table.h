// Tables with a row an architecture: truth (trained accuracies) or scores.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::tables {

/// A table with a row an architecture: a column `arch` and numeric columns.
struct Table {
  std::string source;
  std::vector<std::string> arch;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  ///< [column][row], NaN = empty
};

/// Reads a CSV (`-`: standard input). Without `wanted` the table has every
/// numeric column in the file's order, with it those columns, in its order.
///
/// A column is numeric when its first field that is not empty is a number, or
/// when all are empty. Lines that start with # before the header are skipped.
/// Throws UserError, one line that names file, line and column, what was found
/// and what was expected, for: an absent, unreadable or empty file; a line
/// with more or fewer fields than the header; no column `arch`, or an empty
/// or repeated architecture; `nan`, `inf` or text in a numeric column; a
/// column of `wanted` that is absent (with the nearest name) or not numeric.
Table read_table(
    const std::filesystem::path& path,
    std::span<const std::string> wanted = {});

/// The same from the CSV's text; `source` names it in messages, and `key` is
/// the column that names the architectures.
Table parse_table(
    std::string_view text,
    const std::string& source,
    std::span<const std::string> wanted = {},
    const std::string& key = "arch");

/// The header of a CSV's text; empty where it has none. Throws UserError for a
/// quote that is misplaced or never closed.
std::vector<std::string> column_names(
    std::string_view text,
    const std::string& source);

/// Writes the table as CSV: `arch`, then the columns; numbers as short as they
/// read back to the same bits, an empty field for NaN.
void write_table(std::ostream& out, const Table& table);

}  // namespace zcp::tables
