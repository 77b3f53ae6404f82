#include "benchmarks/tables/arch_list.h"

#include <algorithm>
#include <string_view>

#include "benchmarks/formats/csv.h"
#include "benchmarks/tables/blanks.h"
#include "common/error.h"

namespace zcp::tables {
namespace {

/// The lines of a list of specs.
std::vector<std::string> spec_lines(std::string_view text) {
  std::vector<std::string> specs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && line[0] != '#') specs.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return specs;
}

constexpr std::string_view kKey = "arch";

/// True when a line reads as a CSV header with a field `arch`.
bool is_arch_header(std::string_view line, char separator) {
  bool found = false;
  const auto look = [&](std::size_t, const auto& fields) {
    found = std::ranges::find(fields, kKey) != fields.end();
  };
  try {
    formats::parse_csv(line, {}, look, separator);
  } catch (const UserError&) {
    return false;  // a spec with a quote in it
  }
  return found;
}

std::vector<std::string>
arch_column(std::string_view text, const std::string& source, char separator) {
  std::vector<std::string> specs;
  std::size_t width = 0;
  std::size_t field = 0;
  const auto add = [&](std::size_t line, const auto& fields) {
    if (width == 0) {
      width = fields.size();
      field = static_cast<std::size_t>(
          std::ranges::find(fields, kKey) - fields.begin());
    } else if (fields.size() != width || fields[field].empty()) {
      throw UserError(
          "{}: line {}: found {} fields, expected {} with a spec in column "
          "'arch' (a cut file?)",
          source,
          line,
          fields.size(),
          width);
    } else {
      specs.emplace_back(fields[field]);
    }
  };
  formats::parse_csv(text, source, add, separator);
  return specs;
}

}  // namespace

std::vector<std::string> read_arch_list(const std::filesystem::path& path) {
  const std::string text = formats::read_text(path);
  std::vector<std::string> specs = spec_lines(text);
  if (!specs.empty()) {
    const std::string key(kKey);
    const char separator = formats::find_separator(specs[0], {&key, 1});
    if (is_arch_header(specs[0], separator)) {
      specs = arch_column(text, formats::source_name(path), separator);
    }
  }
  if (specs.empty()) {
    throw UserError(
        "{}: found no architecture, expected one spec a line or a CSV with a "
        "column 'arch'",
        formats::source_name(path));
  }
  return specs;
}

}  // namespace zcp::tables
