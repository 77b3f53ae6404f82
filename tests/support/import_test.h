// What the tests of importers share.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "benchmarks/importers/importer.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

namespace zcp::test {

inline importers::Imported import_file(
    const std::string& format,
    const std::filesystem::path& path,
    const std::optional<std::string>& space = std::nullopt) {
  return importers::import_source(
      importers::find_importer(format),
      path,
      space,
      [](std::size_t, std::size_t) {});
}

inline double
value(const tables::Table& table, const std::string& column, std::size_t row) {
  const auto found = std::ranges::find(table.columns, column);
  REQUIRE_MESSAGE(found != table.columns.end(), column);
  return table
      .values[static_cast<std::size_t>(found - table.columns.begin())][row];
}

/// The error of importing a file of those bytes, from its name `f` on.
inline std::string import_error(
    const std::string& format,
    std::string_view bytes,
    const std::optional<std::string>& space = std::nullopt) {
  const TemporaryFolder folder;
  const auto path = folder.write("f", bytes);
  const std::string error =
      user_error([&] { import_file(format, path, space); });
  const std::string start = path.string();
  return error.starts_with(start) ? error.substr(start.size() - 1) : error;
}

}  // namespace zcp::test
