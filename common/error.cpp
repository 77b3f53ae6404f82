#include "common/error.h"

#include <algorithm>
#include <numeric>

#include "common/printable.h"

namespace zcp {
namespace {

/// Levenshtein distance.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

/// The text on one line, with nothing in it that a terminal obeys: names in
/// files may hold anything.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return printable(text);
}

}  // namespace

UserError::UserError(const std::string& text)
    : std::runtime_error(one_line(text)) {}

std::string nearest_name(
    const std::string& wanted,
    const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = wanted.size() / 3 + 2;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(wanted, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

}  // namespace zcp
