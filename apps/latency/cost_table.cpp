#include "apps/latency/cost_table.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>
#include <sstream>

#include "analysis/study/join.h"
#include "apps/budget.h"
#include "apps/study_options.h"
#include "benchmarks/formats/csv.h"
#include "benchmarks/tables/table.h"
#include "common/destination.h"
#include "common/error.h"
#include "common/file_identity.h"
#include "common/file_lock.h"
#include "common/printable.h"

namespace zcp::apps {
namespace {

using Strings = std::vector<std::string>;

constexpr const char* kKey = "arch";
/// How every protocol begins, so that a name with a colon is told from it.
constexpr const char* kBegin = "seconds; ";

Strings head_lines(const std::string& text) {
  Strings lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line) && line.starts_with('#');) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

/// What the lines say of a column; nothing where none does.
std::optional<std::string> protocol_in(
    const Strings& heads,
    const std::string& column) {
  const std::string begin = "# " + column + ": ";
  for (const std::string& line : heads) {
    if (!line.starts_with(begin + kBegin)) continue;
    return line.substr(begin.size());
  }
  return {};
}

std::size_t place_of(const Strings& header, const std::string& name) {
  return static_cast<std::size_t>(
      std::ranges::find(header, name) - header.begin());
}

}  // namespace

void check_cost_name(const std::string& name) {
  const auto refuse = [&](const char* why) {
    throw UserError("--name '{}': {}", printable(name), why);
  };
  if (name.empty() || printable(name) != name || name.starts_with(' ') ||
      name.ends_with(' ')) {
    refuse("expected one line of visible text without blanks at its ends");
  }
  if (name == kKey) {
    refuse("found the column of the architectures, expected another name");
  }
  if (is_size(name)) {
    refuse(
        "params, macs, depth and features are always the network's own; "
        "expected another name");
  }
  if (tables::is_index_column(name)) {
    refuse("found a name of columns that number rows, expected another");
  }
}

CostTable::CostTable(
    std::string path,
    std::string column,
    std::string protocol,
    const spaces::Space& space)
    : path_(std::move(path)),
      column_(std::move(column)),
      protocol_(std::move(protocol)),
      space_(space),
      content_(read()) {}

bool CostTable::is_file() const {
  namespace fs = std::filesystem;
  if (path_ == "-" || descriptor_of(path_)) return false;
  std::error_code none;
  return !fs::exists(path_, none) || fs::is_regular_file(path_, none);
}

CostTable::Content CostTable::read() const {
  Content content;
  std::error_code none;
  const auto size = std::filesystem::file_size(path_, none);
  if (is_file() && !none && size > 0) {
    parse(formats::read_text(path_), content);
  }
  add_column(content);
  return content;
}

void CostTable::parse(const std::string& text, Content& content) const {
  const Strings keys{kKey};
  const char separator = formats::find_separator(text, keys);
  const tables::Table table = tables::parse_table(text, path_);
  study::refuse_left_out(table, column_);
  content.heads = head_lines(text);
  content.header = tables::column_names(text, path_, keys);
  content.key = place_of(content.header, kKey);
  // The table is written with commas between fields.
  std::vector<bool> has_commas;
  for (const std::string& name : content.header) {
    has_commas.push_back(separator != ',' && study::find_column(table, name));
  }
  const std::size_t own = place_of(content.header, column_);
  bool header = true;
  const auto add = [&](std::size_t, const auto& found) {
    Strings fields(found.begin(), found.end());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (has_commas[i]) std::ranges::replace(fields[i], ',', '.');
    }
    // A word for a missing number stands for none.
    if (own < fields.size() && !parse_number(fields[own])) fields[own].clear();
    if (!header) add_row(std::move(fields), content);
    header = false;
  };
  formats::parse_csv(text, path_, add, separator);
}

/// Rows of one architecture become one.
void CostTable::add_row(Strings fields, Content& content) const {
  const std::string& arch = fields[content.key];
  const auto [known, is_new] =
      content.row_of.emplace(normal_name(arch), content.rows.size());
  if (is_new) {
    content.rows.push_back(std::move(fields));
    return;
  }
  Strings& first = content.rows[known->second];
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool free = i == content.key || fields[i].empty() ||
                      tables::is_index_column(content.header[i]);
    if (free || fields[i] == first[i]) continue;
    if (first[i].empty()) {
      first[i] = fields[i];
      continue;
    }
    throw UserError(
        "{}: found '{}' and '{}', one architecture, with different values of "
        "'{}', expected it once",
        path_,
        first[content.key],
        arch,
        content.header[i]);
  }
}

void CostTable::add_column(Content& content) const {
  content.at = place_of(content.header, column_);
  const bool there = content.at < content.header.size();
  const auto said = protocol_in(content.heads, column_);
  if (there && said != protocol_) {
    throw UserError(
        "{}: its column {} was measured as '{}', now '{}'; expected the same, "
        "or another --name",
        path_,
        column_,
        said.value_or("not said"),
        protocol_);
  }
  if (there) return;
  // What is said of a column that somebody has taken out holds no longer.
  if (said) {
    std::erase(content.heads, "# " + column_ + ": " + *said);
  }
  content.heads.push_back("# " + column_ + ": " + protocol_);
  content.header.push_back(column_);
  for (Strings& row : content.rows) row.emplace_back();
}

std::string CostTable::normal_name(const std::string& arch) const {
  try {
    return space_.normalise(arch);
  } catch (const UserError&) {
    return arch;  // of another space
  }
}

bool CostTable::has(const std::string& arch) const {
  const auto is_it = [&](const auto& one) { return one.first == arch; };
  if (std::ranges::any_of(measured_, is_it)) return true;
  const auto row = content_.row_of.find(arch);
  return row != content_.row_of.end() &&
         !content_.rows[row->second][content_.at].empty();
}

void CostTable::put(const std::string& arch, double value) {
  measured_.emplace_back(arch, value);
}

/// Numbers that are there stay.
void CostTable::fill() {
  for (const auto& [arch, value] : measured_) {
    const auto [known, is_new] =
        content_.row_of.emplace(arch, content_.rows.size());
    if (is_new) {
      content_.rows.emplace_back(content_.header.size());
      content_.rows.back()[content_.key] = arch;
    }
    std::string& field = content_.rows[known->second][content_.at];
    if (field.empty()) field = fmt::format("{}", value);
  }
}

void CostTable::write() {
  std::optional<FileLock> lock;
  if (is_file()) {
    lock.emplace(path_);
    content_ = read();
  }
  fill();
  write_output(path_, [&](std::ostream& out) {
    for (const std::string& line : content_.heads) out << line << "\n";
    const auto put_line = [&](const Strings& fields) {
      std::string line;
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) line += ',';
        formats::append_csv_field(line, fields[i]);
      }
      out << line << "\n";
    };
    put_line(content_.header);
    for (const Strings& row : content_.rows) put_line(row);
  });
}

}  // namespace zcp::apps
