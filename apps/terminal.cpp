#include "apps/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

namespace zcp::apps {
namespace {

constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kGreen = "\x1b[32m";

/// The value of a variable of the environment; empty where it is not set.
std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

std::size_t asked_width() {
  const std::string_view text = environment("COLUMNS");
  std::size_t columns = 0;
  const auto [end, problem] =
      std::from_chars(text.data(), text.data() + text.size(), columns);
  if (problem == std::errc() && end == text.data() + text.size()) {
    return columns;
  }
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) return size.ws_col;
  return 0;
}

}  // namespace

std::size_t terminal_width() {
  constexpr std::size_t kUsual = 80;
  constexpr std::size_t kLeast = 40;
  constexpr std::size_t kMost = 100;
  const std::size_t asked = asked_width();
  return asked == 0 ? kUsual : std::clamp(asked, kLeast, kMost);
}

bool has_colours() {
  return isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

std::string in_style(std::string_view text, Style style) {
  std::string styled(style == Style::bold ? kBold : kGreen);
  styled += text;
  styled += kPlain;
  return styled;
}

std::size_t style_length(std::string_view text) {
  for (const std::string_view known : {kPlain, kBold, kGreen}) {
    if (text.starts_with(known)) return known.size();
  }
  return 0;
}

std::string wrapped(
    std::string_view text,
    std::size_t width,
    std::string_view first,
    std::string_view rest) {
  std::istringstream words{std::string(text)};
  std::string all;
  std::string line(first);
  bool empty = true;
  for (std::string word; words >> word;) {
    if (!empty && line.size() + 1 + word.size() > width) {
      all += line + "\n";
      line = rest;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  return all + line + "\n";
}

}  // namespace zcp::apps
