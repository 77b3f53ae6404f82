#include "analysis/study/spec_names.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "common/error.h"
#include "nets/spaces/space.h"

namespace zcp::study {
namespace {

/// The name as the space writes it; as it is where it is no spec.
std::string normalised(const spaces::Space* space, const std::string& name) {
  if (space == nullptr) return name;
  try {
    return space->normalise(name);
  } catch (const UserError&) {
    return name;
  }
}

bool is_member(const spaces::Space& space, const std::string& name) {
  try {
    space.normalise(name);
    return true;
  } catch (const UserError&) {
    return false;
  }
}

/// Whether one of the first rows names a member. A few that are none, of other
/// tools for instance, do not decide.
bool has_member(
    const spaces::Space& space,
    const tables::Table& table,
    const std::vector<std::size_t>& rows) {
  constexpr std::size_t kLooked = 20;
  for (std::size_t i = 0; i < std::min(kLooked, rows.size()); ++i) {
    if (is_member(space, table.arch[rows[i]])) return true;
  }
  return false;
}

std::vector<std::string> names_of(
    const tables::Table& table,
    const std::vector<std::size_t>& rows,
    const spaces::Space* space) {
  std::vector<std::string> names;
  std::unordered_map<std::string, std::size_t> row_of;
  for (const std::size_t row : rows) {
    names.push_back(normalised(space, table.arch[row]));
    const auto [first, is_new] = row_of.try_emplace(names.back(), row);
    if (is_new) continue;
    throw UserError(
        "{}: found one architecture as '{}' and as '{}', expected it once",
        table.source,
        table.arch[first->second],
        table.arch[row]);
  }
  return names;
}

}  // namespace

SpecNames spec_names(
    const tables::Table& scores,
    const std::vector<std::size_t>& score_rows,
    const tables::Table& truth,
    const std::vector<std::size_t>& truth_rows) {
  // A tuple may be of several spaces: the names of the other table decide.
  const spaces::Space* common = nullptr;
  for (const auto& space : spaces::all_spaces()) {
    if (common == nullptr && has_member(*space, scores, score_rows) &&
        has_member(*space, truth, truth_rows)) {
      common = space.get();
    }
  }
  return {
      names_of(scores, score_rows, common),
      names_of(truth, truth_rows, common)};
}

std::string space_of(const tables::Table& table) {
  std::vector<std::size_t> rows(table.arch.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  for (const auto& space : spaces::all_spaces()) {
    if (has_member(*space, table, rows)) return space->info().name;
  }
  return {};
}

}  // namespace zcp::study
