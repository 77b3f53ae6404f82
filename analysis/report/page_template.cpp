#include "analysis/report/page_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <stdexcept>

#include "analysis/report/embedded.h"
#include "analysis/report/svg.h"
#include "common/printable.h"

namespace zcp::report {
namespace {

using nlohmann::ordered_json;

/// A word with a slash that is no share such as 0/4 and no "and/or".
bool is_path(std::string_view word) {
  const bool rooted =
      word.starts_with('/') || word.starts_with('.') || word.starts_with('~');
  const bool has_extension =
      word.find('.', word.rfind('/')) != std::string_view::npos;
  return rooted || has_extension || std::ranges::count(word, '/') > 1;
}

/// Replaces the one place `<!-- name -->` of the page.
void fill(std::string& page, std::string_view name, std::string_view content) {
  const std::string mark = fmt::format("<!-- {} -->", name);
  const std::size_t at = page.find(mark);
  if (at == std::string::npos) {
    throw std::logic_error(fmt::format("the page has no place for {}", name));
  }
  page.replace(at, mark.size(), content);
}

}  // namespace

std::string without_folders(std::string_view text) {
  constexpr std::string_view kEnds = " \t\n'\",;:=()";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end =
        std::min(text.find_first_of(kEnds, at), text.size());
    std::string_view word = text.substr(at, end - at);
    const std::size_t slash = word.rfind('/');
    const bool address =
        text.substr(end).starts_with("://") || word.starts_with("//");
    if (slash != std::string_view::npos && slash + 1 < word.size() &&
        !address && is_path(word)) {
      word.remove_prefix(slash + 1);
    }
    out += word;
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  return out;
}

void make_printable(ordered_json& data) {
  if (data.is_string()) {
    data = printable(data.get_ref<const std::string&>(), Lines::several);
  }
  if (data.is_structured()) {
    for (ordered_json& part : data) make_printable(part);
  }
}

std::string script_safe(const ordered_json& json) {
  const std::string text =
      json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

void write_template(
    std::ostream& out,
    std::string_view page,
    const std::string& title,
    std::string_view script,
    const ordered_json& data) {
  std::string text(page);
  fill(text, "style", embedded::kStyle);
  fill(text, "title", escape_xml(title));
  fill(text, "charts", embedded::kCharts);
  fill(text, "script", script);
  // The data may contain text that looks like a place, so they come last.
  fill(text, "data", script_safe(data));
  out << text;
}

}  // namespace zcp::report
