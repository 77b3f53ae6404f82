#include "analysis/store/read_scores.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "analysis/store/open_store.h"
#include "analysis/store/score_store.h"
#include "common/error.h"

namespace zcp::store {
namespace {

namespace fs = std::filesystem;

tables::Table take_columns(
    tables::Table table,
    std::span<const std::string> wanted) {
  tables::Table taken{
      table.source, table.arch, {wanted.begin(), wanted.end()}, {}};
  for (const std::string& name : wanted) {
    const auto found = std::ranges::find(table.columns, name);
    if (found == table.columns.end()) {
      const std::string near = nearest_name(name, table.columns);
      throw UserError(
          "{} has no scores of {}{} (it has {})",
          table.source,
          name,
          near.empty() ? "" : fmt::format(", did you mean {}?", near),
          fmt::join(table.columns, ", "));
    }
    const auto column = found - table.columns.begin();
    taken.values.push_back(table.values[static_cast<std::size_t>(column)]);
  }
  return taken;
}

}  // namespace

tables::Table read_scores(
    const fs::path& path,
    std::span<const std::string> wanted) {
  if (!is_sqlite_file(path)) {
    return tables::read_table(path, wanted);
  }
  tables::Table table = ScoreStore::read(path).table();
  if (table.arch.empty()) throw UserError("{} holds no scores", path.string());
  return wanted.empty() ? table : take_columns(std::move(table), wanted);
}

}  // namespace zcp::store
