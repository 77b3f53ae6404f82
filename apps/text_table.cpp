#include "apps/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <sstream>

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

void print_aligned(
    const std::vector<Cells>& lines,
    std::size_t names,
    std::size_t indent) {
  std::vector<Cells> shown = lines;
  std::vector<std::size_t> widths(lines.front().size());
  for (Cells& line : shown) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      line[i] = printable(line[i]);
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  for (const Cells& line : shown) {
    std::string text(indent, ' ');
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) text += "  ";
      text += i < names ? fmt::format("{:<{}}", line[i], widths[i])
                        : fmt::format("{:>{}}", line[i], widths[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    std::cout << text << "\n";
  }
}

void print_wrapped(const std::string& text, std::size_t indent) {
  constexpr std::size_t kWidth = 100;
  std::istringstream words(text);
  std::string line(indent, ' ');
  bool empty = true;
  for (std::string word; words >> word;) {
    if (!empty && line.size() + 1 + word.size() > kWidth) {
      std::cout << line << "\n";
      line.assign(indent, ' ');
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  std::cout << line << "\n";
}

}  // namespace zcp::apps
