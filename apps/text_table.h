// Tables as a terminal shows them, and as papers, pages and programs take them.
#pragma once

#include <boost/program_options.hpp>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/statistics/bootstrap.h"

namespace zcp::apps {

/// ".612", "-.036", "1.000"; "-" where there is no number.
std::string short_number(double value);

/// The same with another number of decimals: ".61", "-.04", "1.00".
std::string fixed_number(double value, int decimals);

/// ".612 [.583, .640]", without brackets where there is no interval.
std::string with_interval(double value, const statistics::Interval& interval);

/// Six significant digits: "12345.6", "0.00123", "1.2e+08"; "-" where there is
/// no number.
std::string plain_number(double value);

/// Likewise with four significant digits.
std::string brief_number(double value);

/// The fields of a line.
using Cells = std::vector<std::string>;

/// What a table is printed as.
enum class TableFormat {
  text,      ///< aligned columns
  markdown,  ///< pipes
  latex,     ///< a tabular with the rules of the package booktabs
  csv,       ///< fields and commas; no titles, no notes
  json       ///< an array of objects, texts as they are printed; likewise
};

/// --format with that default.
void add_format_option(
    boost::program_options::options_description& options,
    std::string_view initial = "text");

/// The value of what add_format_option() added; `json` where the command has an
/// option --json and it is given. Throws UserError for another name, and for
/// --json beside another format.
TableFormat parse_format(const boost::program_options::variables_map& values);

/// Writes the tables of a subcommand in one format. In text, markdown and LaTeX
/// names are written as printable() shows them; CSV and JSON have them as they
/// are.
class TableWriter {
 public:
  /// `colours`: text may have styles that terminals obey.
  explicit TableWriter(
      std::ostream& out,
      TableFormat format = TableFormat::text,
      bool colours = false);

  /// The line above a table.
  void title(const std::string& text);

  /// Lines of equally many fields, the first of them a header, which is not
  /// empty. Of aligned text, columns are padded to one width behind an indent;
  /// the first `names` columns are set to the left, the others to the right.
  /// Lines of those numbers, from 1, are coloured as good ones.
  void table(
      const std::vector<Cells>& lines,
      std::size_t names = 1,
      std::size_t indent = 2,
      const std::vector<std::size_t>& good = {});

  /// Words below a table, of text with line breaks before column 100.
  void note(const std::string& text, std::size_t indent);

  /// What sets tables apart.
  void gap();

 private:
  void aligned(
      const std::vector<Cells>& lines,
      std::size_t names,
      std::size_t indent,
      const std::vector<std::size_t>& good);
  void markdown(const std::vector<Cells>& lines, std::size_t names);
  void latex(const std::vector<Cells>& lines, std::size_t names);
  void csv(const std::vector<Cells>& lines);
  void json(const std::vector<Cells>& lines);

  std::ostream& out_;
  TableFormat format_;
  bool colours_;
  bool begun_ = false;  // a table is written
};

/// Prints lines of equally many fields, as printable() shows them, the columns
/// padded to one width behind an indent; the first `names` columns are set to
/// the left, the others to the right.
void print_aligned(
    const std::vector<Cells>& lines,
    std::size_t names = 1,
    std::size_t indent = 2);

/// Prints words after an indent, with line breaks before column 100.
void print_wrapped(const std::string& text, std::size_t indent);

}  // namespace zcp::apps
