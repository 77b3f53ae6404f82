#include "apps/command_line.h"

#include <algorithm>
#include <cctype>

namespace zcp::apps {
namespace {

bool is_plain(char c) {
  constexpr std::string_view kOthers = "-_./,:=+@%";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         kOthers.find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_word(const std::string& argument) {
  if (!argument.empty() && std::ranges::all_of(argument, is_plain)) {
    return argument;
  }
  std::string text = "'";
  for (const char c : argument) {
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return text + "'";
}

std::string command_line(std::string_view command, const Arguments& arguments) {
  std::string line = "zcp " + std::string(command);
  for (const auto& argument : arguments) line += " " + shell_word(argument);
  return line;
}

Arguments shell_words(std::string_view line) {
  Arguments words;
  bool open = false;     // a word has begun
  bool quoted = false;   // within apostrophes
  bool escaped = false;  // behind a backslash
  for (const char c : line) {
    const bool blank = c == ' ' && !quoted && !escaped;
    if (blank) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    if (escaped) {
      words.back() += c;
      escaped = false;
    } else if (c == '\'') {
      quoted = !quoted;
    } else if (c == '\\' && !quoted) {
      escaped = true;
    } else {
      words.back() += c;
    }
  }
  return words;
}

}  // namespace zcp::apps
