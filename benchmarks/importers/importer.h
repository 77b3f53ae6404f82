// Official benchmark files turned into tables.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "benchmarks/importers/unused.h"
#include "benchmarks/tables/table.h"

namespace zcp::importers {

/// Called now and then, never by two threads at once: records read so far, and
/// how many there are.
using ImportProgress = std::function<void(std::size_t done, std::size_t total)>;

/// A table, and what of the source it does not have.
struct Imported : tables::Table {
  Unused unused;
};

/// A format that can be imported. `read` throws UserError naming the file,
/// what was found and what was expected, when the source is absent, cut, of
/// another format or of another space.
struct Importer {
  std::string name;
  std::string summary;
  std::string source;   ///< what SOURCE must be, and where to get it
  std::string columns;  ///< what the columns of the table mean
  Imported (*read)(
      const std::filesystem::path& source,
      const ImportProgress& progress);
  /// Names of the tables that one file holds, of which `--space` chooses one;
  /// empty where it holds a single one. Such a format has `read_one` in place
  /// of `read`.
  std::vector<std::string> spaces = {};
  Imported (*read_one)(
      const std::filesystem::path& source,
      const std::string& space,
      const ImportProgress& progress) = nullptr;
};

/// Reads the source with that importer; `space` names the table where a file
/// holds several. Throws UserError where one is missing, unknown or in vain.
Imported import_source(
    const Importer& importer,
    const std::filesystem::path& source,
    const std::optional<std::string>& space,
    const ImportProgress& progress);

/// All importers, in the order they are listed to the user.
std::span<const Importer> all_importers();

/// The importer of that name; throws UserError with the nearest name.
const Importer& find_importer(const std::string& name);

}  // namespace zcp::importers
