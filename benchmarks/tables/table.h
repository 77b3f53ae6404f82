// Tables with a row an architecture: truth (trained accuracies) or scores.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::tables {

/// A column of the file that is not in the table, since a field of it is
/// neither a number nor a word for a missing one.
struct LeftOut {
  std::string column;
  std::size_t line = 0;
  std::string found;  ///< the first such field, as the file has it
  std::string why;    ///< what it may be; empty where nothing can be said

  /// "line 3: column 's': found 'x', expected a number or an empty field".
  std::string text() const;
};

/// A table with a row an architecture: a column `arch` and numeric columns.
struct Table {
  std::string source;
  std::vector<std::string> arch;
  std::vector<std::string> columns;
  /// [column][row]; NaN: missing. Infinities are values.
  std::vector<std::vector<double>> values;
  std::vector<LeftOut> left_out = {};   ///< in the file's order
  std::vector<std::string> notes = {};  ///< how the file was read, a line each
};

/// Reads a CSV (`-`: standard input). Without `wanted` the table has every
/// numeric column in the file's order, with it those columns, in its order.
///
/// Fields are separated by commas, or else by semicolons or tabs: whichever
/// gives the header its key. A column is numeric when every field is a number
/// or missing: empty, or NA, N/A, NaN, None or null in any case. `inf` and
/// `Infinity` are numbers, with their sign. Where no comma separates fields,
/// decimal commas are read, and noted, if nothing else can be meant by them.
/// Columns that are not numeric are left out and listed; only as one of
/// `wanted` they are an error. A row that repeats an architecture with the same
/// numbers is taken once, and noted; an unnamed column and one that numbers the
/// rows (see is_index_column) may differ. Lines that start with # before the
/// header are skipped.
///
/// Throws UserError, one line that names file, line and column, what was found
/// and what was expected, for: an absent, unreadable or empty file; a line
/// with more or fewer fields than the header; no column `arch`, or an empty
/// architecture, or one that comes again with other numbers; a column of
/// `wanted` that is absent (with the nearest name) or not numeric.
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

/// The same with those columns of `names` that there are. Such a column that is
/// not numeric is left out and listed.
Table parse_columns(
    std::string_view text,
    const std::string& source,
    std::span<const std::string> names,
    const std::string& key);

/// The header of a CSV's text; empty where it has none. `keys` are columns of
/// which one should be there: they tell how fields are separated. Throws
/// UserError for a quote that is misplaced or never closed.
std::vector<std::string> column_names(
    std::string_view text,
    const std::string& source,
    std::span<const std::string> keys);

/// True for names of columns that number rows, in any case: index, idx, id,
/// row, `Unnamed: 0`, and such names behind a `_`.
bool is_index_column(std::string_view name);

/// Writes the table as CSV: `arch`, then the columns; numbers as short as they
/// read back to the same bits, an empty field for NaN.
void write_table(std::ostream& out, const Table& table);

}  // namespace zcp::tables
