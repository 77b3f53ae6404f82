// A cost table that grows: a row an architecture, a column a device.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "nets/spaces/space.h"

namespace zcp::apps {

/// Throws UserError for a text that cannot be the name of a column of costs:
/// one that other columns have by their nature, or that does not come back as
/// it was when the table is read.
void check_cost_name(const std::string& name);

/// The table of a file with one column to be filled. Lines at its head say how
/// each column was measured; all else that the file has stays as it is.
class CostTable {
 public:
  /// Reads `path` where it is a file that is there already. `protocol` says how
  /// `column` is measured. Rows name architectures of `space`, which has to
  /// outlive the table, in any form, or of others. Throws UserError where the
  /// file has a column of that name that was measured otherwise or is no
  /// numbers, for rows of one architecture that contradict each other, and as
  /// tables::parse_table() does.
  CostTable(
      std::string path,
      std::string column,
      std::string protocol,
      const spaces::Space& space);

  /// Whether the architecture, as the space normalises it, has a number in the
  /// column.
  bool has(const std::string& arch) const;
  void put(const std::string& arch, double value);

  /// Whether what is written can be read and replaced: no stream.
  bool is_file() const;

  /// Writes the table whole. Of a file, what others have added since it was
  /// read stays, also numbers of the column. Throws UserError as the
  /// constructor does.
  void write();

 private:
  /// What a file says, field by field.
  struct Content {
    std::vector<std::string> heads;  ///< lines that begin with #
    std::vector<std::string> header{"arch"};
    std::vector<std::vector<std::string>> rows;
    std::size_t key = 0;  ///< the field that names the architectures
    std::size_t at = 0;   ///< and that of the column
    std::unordered_map<std::string, std::size_t> row_of;  ///< by normal name
  };

  Content read() const;
  void parse(const std::string& text, Content& content) const;
  void add_row(std::vector<std::string> fields, Content& content) const;
  void add_column(Content& content) const;
  std::string normal_name(const std::string& arch) const;
  void fill();

  std::string path_;
  std::string column_;
  std::string protocol_;
  const spaces::Space& space_;
  Content content_;
  std::vector<std::pair<std::string, double>> measured_;  ///< in their order
};

}  // namespace zcp::apps
