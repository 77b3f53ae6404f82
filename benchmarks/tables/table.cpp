#include "benchmarks/tables/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <ostream>
#include <string_view>

#include "benchmarks/formats/csv.h"
#include "common/error.h"
#include "common/hash.h"

namespace zcp::tables {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// A field as messages show it: quoted, cut when it is long.
std::string shown(std::string_view field) {
  constexpr std::size_t kMost = 60;
  if (field.size() <= kMost) return fmt::format("'{}'", field);
  return fmt::format("'{}...'", field.substr(0, kMost));
}

/// True, and the value (which may be NaN or infinite), when the whole field is
/// a number.
bool parse_number(std::string_view field, double& value) {
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') {
    field.remove_prefix(1);
  }
  const char* end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

/// What is known of a column so far.
enum class Kind { empty, numeric, text };

/// A column of the file that the table may get.
struct Column {
  std::string name;
  std::size_t field = 0;
  bool wanted = false;
  Kind kind = Kind::empty;
  std::vector<double> values;
};

std::size_t find_key(
    const std::vector<std::string>& header,
    const std::string& key,
    const std::string& source,
    std::size_t line) {
  const auto found = std::ranges::find(header, key);
  if (found == header.end()) {
    throw UserError(
        "{}: line {}: found the columns {}, expected one named '{}'",
        source,
        line,
        shown(fmt::format("{}", fmt::join(header, ","))),
        key);
  }
  return static_cast<std::size_t>(found - header.begin());
}

/// Builds a table row by row.
class TableBuilder {
 public:
  TableBuilder(
      std::string source,
      std::span<const std::string> wanted,
      std::string key)
      : source_(std::move(source)),
        key_(std::move(key)),
        wanted_(wanted.begin(), wanted.end()) {}

  void add(std::size_t line, std::span<const std::string_view> fields) {
    if (header_.empty()) {
      start(line, {fields.begin(), fields.end()});
    } else {
      add_row(line, fields);
    }
  }

  Table finish() {
    if (header_.empty()) {
      throw UserError(
          "{}: the file is empty, expected a CSV with a column '{}'",
          source_,
          key_);
    }
    check_unique();
    Table table{source_, std::move(arch_), {}, {}};
    for (Column& column : columns_) {
      if (column.kind == Kind::text) continue;
      table.columns.push_back(std::move(column.name));
      table.values.push_back(std::move(column.values));
    }
    return table;
  }

 private:
  void start(std::size_t line, std::vector<std::string> header) {
    header_ = std::move(header);
    arch_field_ = find_key(header_, key_, source_, line);
    std::vector<std::string> sorted = header_;
    std::erase(sorted, "");
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice != sorted.end()) {
      throw UserError(
          "{}: line {}: found the column '{}' twice, expected it once",
          source_,
          line,
          *twice);
    }
    if (wanted_.empty()) {
      take_all();
    } else {
      take_wanted();
    }
  }

  void take_all() {
    for (std::size_t i = 0; i < header_.size(); ++i) {
      // An unnamed column is the row number that pandas writes.
      if (i == arch_field_ || header_[i].empty()) continue;
      columns_.push_back({header_[i], i, false, Kind::empty, {}});
    }
  }

  void take_wanted() {
    for (const std::string& name : wanted_) {
      const auto found = std::ranges::find(header_, name);
      if (found == header_.end()) refuse_unknown(name);
      const auto field = static_cast<std::size_t>(found - header_.begin());
      columns_.push_back({name, field, true, Kind::empty, {}});
    }
  }

  [[noreturn]] void refuse_unknown(const std::string& name) const {
    std::vector<std::string> known = header_;
    std::erase(known, key_);
    const std::string near = nearest_name(name, known);
    throw UserError(
        "{}: no column '{}'{}; its columns are {}",
        source_,
        name,
        near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
        fmt::join(known, ", "));
  }

  void add_row(std::size_t line, std::span<const std::string_view> fields) {
    if (fields.size() != header_.size()) {
      throw UserError(
          "{}: line {}: found {} fields, expected {} as in the header (a cut "
          "file?)",
          source_,
          line,
          fields.size(),
          header_.size());
    }
    const std::string_view arch = fields[arch_field_];
    if (arch.empty()) {
      throw UserError(
          "{}: line {}: column '{}': found nothing, expected a spec",
          source_,
          line,
          key_);
    }
    arch_.emplace_back(arch);
    lines_.push_back(line);
    for (Column& column : columns_) {
      if (column.kind == Kind::text) continue;
      add_value(column, line, fields[column.field]);
    }
  }

  void add_value(Column& column, std::size_t line, std::string_view field) {
    double value = kMissing;
    if (!field.empty()) {
      const bool number = parse_number(field, value);
      if (!number && column.kind == Kind::empty && !column.wanted) {
        column.kind = Kind::text;
        column.values = {};
        return;
      }
      if (!number || !std::isfinite(value)) {
        throw UserError(
            "{}: line {}: column '{}': found {}, expected a finite number or "
            "an empty field",
            source_,
            line,
            column.name,
            shown(field));
      }
      column.kind = Kind::numeric;
    }
    column.values.push_back(value);
  }

  /// Sorted hashes find equal strings faster than a set of strings does.
  void check_unique() const {
    std::vector<std::pair<std::uint64_t, std::size_t>> rows(arch_.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] = {hash64(arch_[i]), i};
    }
    std::ranges::sort(rows);
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (rows[i - 1].first != rows[i].first) continue;
      const std::size_t first = rows[i - 1].second;
      const std::size_t second = rows[i].second;
      if (arch_[first] != arch_[second]) continue;
      throw UserError(
          "{}: line {}: column '{}': found {} again (first on line {}), "
          "expected each architecture once",
          source_,
          lines_[second],
          key_,
          shown(arch_[second]),
          lines_[first]);
    }
  }

  std::string source_;
  std::string key_;
  std::vector<std::string> wanted_;
  std::vector<std::string> header_;
  std::size_t arch_field_ = 0;
  std::vector<Column> columns_;
  std::vector<std::string> arch_;
  std::vector<std::size_t> lines_;
};

}  // namespace

Table parse_table(
    std::string_view text,
    const std::string& source,
    std::span<const std::string> wanted,
    const std::string& key) {
  TableBuilder builder(source, wanted, key);
  formats::parse_csv(text, source, [&](std::size_t line, const auto& fields) {
    builder.add(line, fields);
  });
  return builder.finish();
}

std::vector<std::string> column_names(
    std::string_view text,
    const std::string& source) {
  std::vector<std::string> names;
  formats::parse_csv(text, source, [&](std::size_t, const auto& fields) {
    if (names.empty()) names.assign(fields.begin(), fields.end());
  });
  return names;
}

Table read_table(
    const std::filesystem::path& path,
    std::span<const std::string> wanted) {
  return parse_table(
      formats::read_text(path), formats::source_name(path), wanted);
}

void write_table(std::ostream& out, const Table& table) {
  std::string line = "arch";
  for (const std::string& column : table.columns) {
    line += ',';
    formats::append_csv_field(line, column);
  }
  out << line << '\n';
  for (std::size_t row = 0; row < table.arch.size(); ++row) {
    line.clear();
    formats::append_csv_field(line, table.arch[row]);
    for (const std::vector<double>& column : table.values) {
      line += ',';
      const double value = column[row];
      if (!std::isnan(value))
        fmt::format_to(std::back_inserter(line), "{}", value);
    }
    out << line << '\n';
  }
}

}  // namespace zcp::tables
