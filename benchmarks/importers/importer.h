// Official benchmark files turned into tables.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

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
};

/// All importers, in the order they are listed to the user.
std::span<const Importer> all_importers();

/// The importer of that name; throws UserError with the nearest name.
const Importer& find_importer(const std::string& name);

}  // namespace zcp::importers
