// A cost table that grows: a row an architecture, a column a device.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// The table of a file with one column to be filled. Lines at its head say how
/// each column was measured.
class CostTable {
 public:
  /// Reads `path` where it is there already. `protocol` says how `column` is
  /// measured. Throws UserError where the file has a column of that name that
  /// was measured otherwise, and as tables::parse_table() does.
  CostTable(std::string path, std::string column, std::string protocol);

  /// Whether the architecture has a number in the column.
  bool has(const std::string& arch) const;
  void put(const std::string& arch, double value);

  /// Writes the file whole.
  void write() const;

 private:
  std::size_t row_of(const std::string& arch);

  std::string path_;
  std::string column_;
  std::vector<std::string> heads_;  ///< "# COLUMN: PROTOCOL"
  tables::Table table_;
  std::size_t at_ = 0;
};

/// "# COLUMN: PROTOCOL" lines at the head of a CSV's text.
std::vector<std::string> head_lines(const std::string& text);

}  // namespace zcp::apps
