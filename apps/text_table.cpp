#include "apps/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/terminal.h"
#include "benchmarks/formats/csv.h"
#include "common/error.h"
#include "common/json.h"
#include "common/printable.h"

namespace zcp::apps {

using statistics::Interval;

std::string fixed_number(double value, int decimals) {
  if (std::isnan(value)) return "-";
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_not_of("-0.") == std::string::npos) {
    return fmt::format("{:.{}f}", 0.0, decimals).substr(1);
  }
  const std::size_t zero = text.find('0');
  if (text.starts_with("0.") || text.starts_with("-0.")) text.erase(zero, 1);
  return text;
}

std::string short_number(double value) {
  return fixed_number(value, 3);
}

std::string with_interval(double value, const Interval& interval) {
  if (std::isnan(interval.low)) return short_number(value);
  return fmt::format(
      "{} [{}, {}]",
      short_number(value),
      short_number(interval.low),
      short_number(interval.high));
}

std::string plain_number(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.6g}", value);
}

std::string brief_number(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4g}", value);
}

namespace po = boost::program_options;

namespace {

constexpr std::size_t kWidth = 100;  ///< of notes

struct FormatName {
  std::string_view name;
  TableFormat format;
};

constexpr std::array kFormats{
    FormatName{"text", TableFormat::text},
    FormatName{"markdown", TableFormat::markdown},
    FormatName{"latex", TableFormat::latex},
    FormatName{"csv", TableFormat::csv},
    FormatName{"json", TableFormat::json}};

/// What LaTeX takes for itself, as it prints it.
std::string latex_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\textbackslash{}";
    } else if (c == '~' || c == '^') {
      out += fmt::format("\\{}{{}}", c);
    } else if (c == '<' || c == '>' || c == '|') {
      out += fmt::format("${}$", c);
    } else {
      if (std::string_view("&%$#_{}").find(c) != std::string_view::npos) {
        out += '\\';
      }
      out += c;
    }
  }
  return out;
}

std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '_' || c == '<' || c == '`') out += '\\';
    out += c;
  }
  return out;
}

/// Whether every field of a column is a number or none ("-"). Names are texts,
/// whatever they look like.
bool is_numeric(const std::vector<Cells>& lines, std::size_t column) {
  constexpr std::array<std::string_view, 3> kTexts{"arch", "proxy", "name"};
  if (std::ranges::find(kTexts, lines.front()[column]) != kTexts.end()) {
    return false;
  }
  return std::all_of(lines.begin() + 1, lines.end(), [&](const Cells& line) {
    const std::string& cell = line[column];
    if (cell == "-") return true;
    char* end = nullptr;
    std::strtod(cell.c_str(), &end);
    return !cell.empty() && *end == '\0';
  });
}

/// A field of such a column; whole numbers stay whole.
nlohmann::ordered_json number_of(const std::string& cell) {
  if (cell.find_first_not_of("0123456789") == std::string::npos) {
    return std::strtoll(cell.c_str(), nullptr, 10);
  }
  return std::strtod(cell.c_str(), nullptr);
}

/// Behind an indent, as `--format text` has notes.
std::string note_lines(
    const std::string& text,
    std::size_t indent,
    const std::string& before = {}) {
  const std::string space = before + std::string(indent, ' ');
  return wrapped(text, kWidth, space, space);
}

}  // namespace

void add_format_option(
    po::options_description& options,
    std::string_view initial) {
  options.add_options()(
      "format",
      po::value<std::string>()->default_value(std::string(initial)),
      "the form of what is printed: text, markdown, latex (needs the package "
      "booktabs), csv or json");
}

TableFormat parse_format(const po::variables_map& values) {
  const auto name = values["format"].as<std::string>();
  const auto* found = std::ranges::find(kFormats, name, &FormatName::name);
  if (found == kFormats.end()) {
    throw UserError(
        "--format {}: expected text, markdown, latex, csv or json", name);
  }
  if (values.count("json") == 0) return found->format;
  if (!values["format"].defaulted() && found->format != TableFormat::json) {
    throw UserError("--json and --format {}: expected one of them", name);
  }
  return TableFormat::json;
}

TableWriter::TableWriter(std::ostream& out, TableFormat format, bool colours)
    : out_(out), format_(format), colours_(colours) {}

void TableWriter::title(const std::string& text) {
  const std::string shown = printable(text);
  switch (format_) {
    case TableFormat::text:
      out_ << (colours_ ? in_style(shown, Style::bold) : shown) << "\n";
      return;
    case TableFormat::markdown:
      out_ << "**" << markdown_text(shown) << "**\n\n";
      return;
    case TableFormat::latex:
      out_ << "% " << shown << "\n";
      return;
    case TableFormat::csv:
    case TableFormat::json:
      return;
  }
}

void TableWriter::table(
    const std::vector<Cells>& lines,
    std::size_t names,
    std::size_t indent,
    const std::vector<std::size_t>& good) {
  std::vector<Cells> shown = lines;
  for (Cells& line : shown) {
    for (std::string& cell : line) cell = printable(cell);
  }
  switch (format_) {
    case TableFormat::text:
      aligned(shown, names, indent, good);
      break;
    case TableFormat::markdown:
      markdown(shown, names);
      break;
    case TableFormat::latex:
      latex(shown, names);
      break;
    case TableFormat::csv:
      csv(lines);
      break;
    case TableFormat::json:
      json(lines);
      break;
  }
  begun_ = true;
}

void TableWriter::aligned(
    const std::vector<Cells>& lines,
    std::size_t names,
    std::size_t indent,
    const std::vector<std::size_t>& good) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const Cells& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const Cells& line = lines[at];
    std::string text(indent, ' ');
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) text += "  ";
      text += i < names ? fmt::format("{:<{}}", line[i], widths[i])
                        : fmt::format("{:>{}}", line[i], widths[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    if (colours_ && at == 0) text = in_style(text, Style::bold);
    if (colours_ && std::ranges::find(good, at) != good.end()) {
      text = in_style(text, Style::good);
    }
    out_ << text << "\n";
  }
}

void TableWriter::markdown(const std::vector<Cells>& lines, std::size_t names) {
  const auto line_of = [&](const Cells& cells) {
    for (const std::string& cell : cells) {
      out_ << "| " << markdown_text(cell) << " ";
    }
    out_ << "|\n";
  };
  line_of(lines.front());
  for (std::size_t i = 0; i < lines.front().size(); ++i) {
    out_ << (i < names ? "|---" : "|---:");
  }
  out_ << "|\n";
  for (std::size_t i = 1; i < lines.size(); ++i) line_of(lines[i]);
  out_ << "\n";
}

void TableWriter::latex(const std::vector<Cells>& lines, std::size_t names) {
  const auto line_of = [&](const Cells& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out_ << (i == 0 ? "" : " & ") << latex_text(cells[i]);
    }
    out_ << " \\\\\n";
  };
  const std::size_t columns = lines.front().size();
  const std::size_t left = std::min(names, columns);
  out_ << fmt::format(
      "\\begin{{tabular}}{{{}{}}}\n\\toprule\n",
      std::string(left, 'l'),
      std::string(columns - left, 'r'));
  line_of(lines.front());
  out_ << "\\midrule\n";
  for (std::size_t i = 1; i < lines.size(); ++i) line_of(lines[i]);
  out_ << "\\bottomrule\n\\end{tabular}\n";
}

void TableWriter::csv(const std::vector<Cells>& lines) {
  if (begun_) out_ << "\n";
  for (const Cells& cells : lines) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line += ',';
      if (cells[i] != "-") formats::append_csv_field(line, cells[i]);
    }
    out_ << line << "\n";
  }
}

void TableWriter::json(const std::vector<Cells>& lines) {
  std::vector<bool> numeric(lines.front().size());
  for (std::size_t c = 0; c < numeric.size(); ++c) {
    numeric[c] = is_numeric(lines, c);
  }
  auto array = nlohmann::ordered_json::array();
  for (std::size_t i = 1; i < lines.size(); ++i) {
    nlohmann::ordered_json object;
    for (std::size_t c = 0; c < lines[i].size(); ++c) {
      const std::string& cell = lines[i][c];
      auto& value = object[lines.front()[c]];
      if (!numeric[c]) {
        value = cell;
      } else if (cell != "-") {
        value = number_of(cell);
      }
    }
    array.push_back(std::move(object));
  }
  out_ << json_text(array) << "\n";
}

void TableWriter::note(const std::string& text, std::size_t indent) {
  const std::string shown = printable(text);
  switch (format_) {
    case TableFormat::text:
      out_ << note_lines(shown, indent);
      return;
    case TableFormat::markdown:
      out_ << markdown_text(shown) << "\n\n";
      return;
    case TableFormat::latex:
      out_ << note_lines(shown, 1, "%");
      return;
    case TableFormat::csv:
    case TableFormat::json:
      return;
  }
}

void TableWriter::gap() {
  const bool lines =
      format_ == TableFormat::text || format_ == TableFormat::latex;
  if (lines) out_ << "\n";
}

void print_aligned(
    const std::vector<Cells>& lines,
    std::size_t names,
    std::size_t indent) {
  TableWriter(std::cout).table(lines, names, indent);
}

void print_wrapped(const std::string& text, std::size_t indent) {
  std::cout << note_lines(text, indent);
}

}  // namespace zcp::apps
