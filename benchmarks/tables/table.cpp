#include "benchmarks/tables/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ostream>
#include <string_view>

#include "benchmarks/formats/csv.h"
#include "benchmarks/tables/blanks.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/missing.h"

namespace zcp::tables {
namespace {

/// A field as messages show it: quoted, cut when it is long.
std::string shown(std::string_view field) {
  constexpr std::size_t kMost = 60;
  if (field.size() <= kMost) return fmt::format("'{}'", field);
  return fmt::format("'{}...'", field.substr(0, kMost));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// Words for a missing number, as spreadsheets and programs write them.
bool is_missing(std::string_view field) {
  constexpr std::array<std::string_view, 12> kWords = {
      "na",
      "n/a",
      "#n/a",
      "#na",
      "<na>",
      "nan",
      "-nan",
      "none",
      "null",
      "1.#qnan",
      "1.#ind",
      "-1.#ind"};
  if (field.empty()) return true;
  if (field.size() > 8) return false;
  return std::ranges::find(kWords, lower(field)) != kWords.end();
}

/// True, and the value, which may be infinite, when the whole field is a
/// number.
bool parse_number(std::string_view field, double& value) {
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') {
    field.remove_prefix(1);
  }
  const char* end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, value);
  return result.ec == std::errc() && result.ptr == end && !std::isnan(value);
}

/// True for a whole number, `value` as it was read, that double precision has
/// not: its neighbours are read as the same one.
bool loses_digits(std::string_view field, double value) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (std::abs(value) <= kExact) return false;
  if (field.starts_with('+')) field.remove_prefix(1);
  const bool whole =
      field.find_first_not_of("0123456789", field.starts_with('-') ? 1 : 0) ==
      std::string_view::npos;
  return whole && fmt::format("{:.0f}", value) != field;
}

/// The same for a number with one comma where its decimal point belongs.
bool parse_comma(std::string_view field, double& value) {
  const std::size_t comma = field.find(',');
  if (comma == std::string_view::npos ||
      field.find('.') != std::string_view::npos) {
    return false;
  }
  std::string pointed(field);
  pointed[comma] = '.';
  return parse_number(pointed, value);
}

/// True where a comma may as well set thousands apart: "587,386".
bool like_thousands(std::string_view field) {
  if (field.starts_with('+') || field.starts_with('-')) field.remove_prefix(1);
  const std::size_t comma = field.find(',');
  return comma >= 1 && comma <= 3 && field[0] != '0' &&
         field.size() == comma + 4 &&
         field.find_first_not_of("0123456789,") == std::string_view::npos;
}

/// What a field that is no number may be.
std::string guess(std::string_view field) {
  double value = 0;
  if (field.find(',') != std::string_view::npos) {
    std::string digits(field);
    std::erase(digits, ',');
    if (parse_comma(field, value) || parse_number(digits, value)) {
      return "a decimal comma or a thousands separator?";
    }
  }
  const char* end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, value);
  if (result.ec == std::errc::result_out_of_range && result.ptr == end) {
    return "beyond the range of double precision";
  }
  return "";
}

/// A column of the file that the table may get.
struct Column {
  std::string name;
  std::size_t field = 0;
  bool wanted = false;
  std::vector<double> values = {};
  bool has_point = false;           ///< one of its numbers has a decimal point
  std::optional<LeftOut> bad = {};  ///< set once the column is not numeric
  std::optional<LeftOut> comma = {};  ///< its first decimal comma
  bool clear_comma = false;  ///< one of them cannot set thousands apart
  std::optional<LeftOut> infinite = {};  ///< its first infinite number
  std::optional<LeftOut> rounded = {};   ///< its first that loses digits
};

std::size_t find_key(
    const std::vector<std::string>& header,
    const std::string& key,
    const std::string& source,
    std::size_t line) {
  const auto found = std::ranges::find(header, key);
  if (found == header.end()) {
    throw UserError(
        "{}: line {}: found the columns {}, expected one named '{}' (fields "
        "separated by commas, semicolons or tabs)",
        source,
        line,
        shown(fmt::format("{}", fmt::join(header, ","))),
        key);
  }
  return static_cast<std::size_t>(found - header.begin());
}

/// Which columns a table gets.
struct Wanted {
  std::vector<std::string> names;  ///< empty: all
  bool strict = true;  ///< a name that is no numeric column is an error
};

/// Builds a table row by row.
class TableBuilder {
 public:
  TableBuilder(
      std::string source,
      Wanted wanted,
      std::string key,
      bool decimal_commas)
      : source_(std::move(source)),
        key_(std::move(key)),
        decimal_commas_(decimal_commas),
        wanted_(std::move(wanted)) {}

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
    settle_commas();
    note(
        &Column::infinite,
        "infinite numbers rank at their end, without a Pearson correlation");
    note(
        &Column::rounded,
        "whole numbers beyond 2^53 lose digits, so that different ones may be "
        "equal");
    refuse_wanted();
    Table table{source_, {}, {}, {}, {}, {}};
    for (Column& column : columns_) {
      if (column.bad) table.left_out.push_back(std::move(*column.bad));
    }
    std::erase_if(columns_, [](const Column& each) { return bool(each.bad); });
    take_repeated_once();
    table.arch = std::move(arch_);
    table.notes = std::move(notes_);
    for (Column& column : columns_) {
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
    if (wanted_.names.empty()) {
      take_all();
    } else {
      take_wanted();
    }
  }

  void take_all() {
    for (std::size_t i = 0; i < header_.size(); ++i) {
      // An unnamed column is the row number that pandas writes.
      if (i == arch_field_ || header_[i].empty()) continue;
      columns_.push_back({.name = header_[i], .field = i});
    }
  }

  void take_wanted() {
    for (const std::string& name : wanted_.names) {
      const auto found = std::ranges::find(header_, name);
      if (found == header_.end() && wanted_.strict) refuse_unknown(name);
      if (found == header_.end()) continue;
      const auto field = static_cast<std::size_t>(found - header_.begin());
      columns_.push_back({.name = name, .field = field, .wanted = true});
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
      if (!column.bad) add_value(column, line, trimmed(fields[column.field]));
    }
  }

  void add_value(Column& column, std::size_t line, std::string_view field) {
    double value = kNan;
    const bool point = field.find('.') != std::string_view::npos;
    if (parse_number(field, value) && !(point && column.comma)) {
      column.has_point |= point;
      column.values.push_back(value);
      if (std::isinf(value) && !column.infinite) {
        column.infinite = LeftOut{column.name, line, std::string(field), ""};
      }
      if (!column.rounded && loses_digits(field, value)) {
        column.rounded = LeftOut{column.name, line, std::string(field), ""};
      }
      return;
    }
    if (is_missing(field)) {
      column.values.push_back(kNan);
      return;
    }
    const LeftOut here{column.name, line, std::string(field), guess(field)};
    if (!decimal_commas_ || column.has_point || !parse_comma(field, value)) {
      column.bad = here;
      column.values = {};
      return;
    }
    if (!column.comma) column.comma = here;
    column.clear_comma |= !like_thousands(field);
    column.values.push_back(value);
  }

  /// Takes commas for decimal ones where one of them can be nothing else and
  /// no column has a decimal point; else their columns are not numeric.
  void settle_commas() {
    bool clear = false;
    bool points = false;
    std::vector<std::string> examples;
    for (const Column& column : columns_) {
      if (column.bad) continue;
      clear |= column.clear_comma;
      points |= column.has_point;
      if (column.comma) {
        examples.push_back(fmt::format(
            "{} (line {}: {})",
            column.name,
            column.comma->line,
            shown(column.comma->found)));
      }
    }
    if (examples.empty()) return;
    if (clear && !points) {
      notes_.push_back(fmt::format(
          "{}: commas are read as decimal points in {}",
          source_,
          fmt::join(examples, ", ")));
      return;
    }
    for (Column& column : columns_) {
      if (!column.bad) column.bad = column.comma;
    }
  }

  /// Says `what` of the columns that have such a number, with their first one.
  void note(std::optional<LeftOut> Column::*first, std::string_view what) {
    std::vector<std::string> examples;
    for (const Column& column : columns_) {
      const std::optional<LeftOut>& found = column.*first;
      if (column.bad || !found) continue;
      examples.push_back(fmt::format(
          "{} (line {}: {})", column.name, found->line, shown(found->found)));
    }
    if (examples.empty()) return;
    notes_.push_back(
        fmt::format("{}: {}: {}", source_, what, fmt::join(examples, ", ")));
  }

  void refuse_wanted() const {
    for (const Column& column : columns_) {
      if (!column.wanted || !column.bad || !wanted_.strict) continue;
      throw UserError("{}: {}", source_, column.bad->text());
    }
  }

  /// The rows that name an architecture again, each with the first that does.
  /// Sorted hashes find equal strings faster than a set of strings does.
  std::vector<std::pair<std::size_t, std::size_t>> repeated_rows() const {
    std::vector<std::pair<std::uint64_t, std::size_t>> rows(arch_.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] = {hash64(arch_[i]), i};
    }
    std::ranges::sort(rows);
    std::vector<std::pair<std::size_t, std::size_t>> repeated;
    std::size_t begin = 0;  // of the rows with the same hash
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (rows[i].first != rows[begin].first) begin = i;
      for (std::size_t j = begin; j < i; ++j) {
        if (arch_[rows[i].second] != arch_[rows[j].second]) continue;
        repeated.emplace_back(rows[i].second, rows[j].second);
        break;
      }
    }
    std::ranges::sort(repeated);
    return repeated;
  }

  void require_equal(std::size_t row, std::size_t first) const {
    for (const Column& column : columns_) {
      const double value = column.values[row];
      const double known = column.values[first];
      if (value == known || (std::isnan(value) && std::isnan(known))) continue;
      if (!column.wanted && is_index_column(column.name)) continue;
      throw UserError(
          "{}: line {}: column '{}': found {} again with another value of "
          "'{}' than on line {}, expected each architecture once",
          source_,
          lines_[row],
          key_,
          shown(arch_[row]),
          column.name,
          lines_[first]);
    }
  }

  void take_repeated_once() {
    const auto repeated = repeated_rows();
    if (repeated.empty()) return;
    std::vector<bool> drop(arch_.size());
    for (const auto& [row, first] : repeated) {
      require_equal(row, first);
      drop[row] = true;
    }
    notes_.push_back(fmt::format(
        "{}: {} repeated with the same numbers {} taken once (line {}: {})",
        source_,
        repeated.size() == 1 ? "a row that is"
                             : fmt::format("{} rows that are", repeated.size()),
        repeated.size() == 1 ? "is" : "are",
        lines_[repeated.front().first],
        shown(arch_[repeated.front().first])));
    const auto without = [&](auto& values) {
      std::size_t kept = 0;
      for (std::size_t row = 0; row < drop.size(); ++row) {
        if (!drop[row]) std::swap(values[kept++], values[row]);
      }
      values.resize(kept);
    };
    without(arch_);
    for (Column& column : columns_) without(column.values);
  }

  std::string source_;
  std::string key_;
  bool decimal_commas_;
  Wanted wanted_;
  std::vector<std::string> header_;
  std::size_t arch_field_ = 0;
  std::vector<Column> columns_;
  std::vector<std::string> arch_;
  std::vector<std::size_t> lines_;
  std::vector<std::string> notes_;
};

}  // namespace

std::string LeftOut::text() const {
  return fmt::format(
      "line {}: column '{}': found {}{}, expected a number or an empty field",
      line,
      column,
      shown(found),
      why.empty() ? "" : fmt::format(" ({})", why));
}

bool is_index_column(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {
      "index", "idx", "id", "row", "uid"};
  const std::string plain = lower(name);
  if (plain.empty() || plain.starts_with("unnamed: ")) return true;
  return std::ranges::any_of(kNames, [&](std::string_view each) {
    return plain == each || plain.ends_with(fmt::format("_{}", each));
  });
}

namespace {

Table parse(
    std::string_view text,
    const std::string& source,
    Wanted wanted,
    const std::string& key) {
  const char separator = formats::find_separator(text, {&key, 1});
  TableBuilder builder(source, std::move(wanted), key, separator != ',');
  const auto add = [&](std::size_t line, const auto& fields) {
    builder.add(line, fields);
  };
  formats::parse_csv(text, source, add, separator);
  return builder.finish();
}

}  // namespace

Table parse_columns(
    std::string_view text,
    const std::string& source,
    std::span<const std::string> names,
    const std::string& key) {
  return parse(text, source, {{names.begin(), names.end()}, false}, key);
}

Table parse_table(
    std::string_view text,
    const std::string& source,
    std::span<const std::string> wanted,
    const std::string& key) {
  return parse(text, source, {{wanted.begin(), wanted.end()}, true}, key);
}

std::vector<std::string> column_names(
    std::string_view text,
    const std::string& source,
    std::span<const std::string> keys) {
  std::vector<std::string> names;
  const auto add = [&](std::size_t, const auto& fields) {
    if (names.empty()) names.assign(fields.begin(), fields.end());
  };
  formats::parse_csv(text, source, add, formats::find_separator(text, keys));
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
