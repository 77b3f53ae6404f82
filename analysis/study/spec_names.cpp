#include "analysis/study/spec_names.h"

#include <algorithm>
#include <unordered_map>

#include "analysis/study/subset.h"
#include "common/error.h"
#include "nets/spaces/naslib_tuple.h"
#include "nets/spaces/space.h"

namespace zcp::study {
namespace {

/// So many of a table's rows say of which spaces it may be.
constexpr std::size_t kLooked = 20;

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

using Spaces = std::vector<const spaces::Space*>;

/// Those that one of the table's first rows names a member of.
Spaces spaces_with_members(const tables::Table& table) {
  const std::vector<std::size_t> rows = all_rows(table.arch.size()).rows;
  Spaces found;
  for (const auto& space : spaces::all_spaces()) {
    if (has_member(*space, table, rows)) found.push_back(space.get());
  }
  return found;
}

/// The names of the first rows as the space writes them.
std::vector<std::string> first_names(
    const spaces::Space& space,
    const tables::Table& table) {
  std::vector<std::string> names;
  for (std::size_t row = 0; row < std::min(kLooked, table.arch.size()); ++row) {
    names.push_back(normalised(&space, table.arch[row]));
  }
  return names;
}

/// Those of `found` that the other table may be of as well, if there are any.
void keep_common(const Spaces& beside, Spaces& found) {
  Spaces common;
  for (const auto* space : found) {
    if (std::ranges::find(beside, space) != beside.end()) {
      common.push_back(space);
    }
  }
  if (!common.empty()) found = common;
}

/// Those with the most rows that are members: a pooling edge, a 4 in a tuple,
/// is of nats-tss alone.
void keep_most_members(const tables::Table& table, Spaces& found) {
  std::vector<std::ptrdiff_t> members;
  for (const auto* space : found) {
    members.push_back(std::ranges::count_if(
        table.arch,
        [&](const std::string& name) { return is_member(*space, name); }));
  }
  const std::ptrdiff_t most = std::ranges::max(members);
  Spaces kept;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (members[i] == most) kept.push_back(found[i]);
  }
  found = kept;
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

std::vector<std::string> spaces_of(
    const tables::Table& table,
    const tables::Table& beside) {
  Spaces found;
  for (const spaces::Space* space : spaces_with_members(table)) {
    const bool alike = std::ranges::any_of(found, [&](const auto* known) {
      return first_names(*known, table) == first_names(*space, table);
    });
    if (!alike) found.push_back(space);
  }
  if (found.size() > 1) keep_common(spaces_with_members(beside), found);
  if (found.size() > 1) keep_most_members(table, found);
  std::vector<std::string> names;
  for (const auto* space : found) names.push_back(space->info().name);
  return names;
}

std::vector<std::string> names_as_specs(
    const tables::Table& table,
    const tables::Table& beside) {
  if (std::ranges::none_of(table.arch, spaces::is_naslib_tuple)) {
    return table.arch;
  }
  const std::vector<std::string> found = spaces_of(table, beside);
  if (found.size() != 1) return table.arch;
  const spaces::Space& space = spaces::find_space(found.front());
  std::vector<std::string> names;
  for (const std::string& name : table.arch) {
    names.push_back(normalised(&space, name));
  }
  return names;
}

}  // namespace zcp::study
