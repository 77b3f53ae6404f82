#include "benchmarks/importers/importer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include "benchmarks/importers/all.h"
#include "common/error.h"

namespace zcp::importers {

std::span<const Importer> all_importers() {
  static const std::array all{
#define ZCP_IMPORTER(name) name##_importer(),
#include "benchmarks/importers/list.inc"
#undef ZCP_IMPORTER
  };
  return all;
}

const Importer& find_importer(const std::string& name) {
  std::vector<std::string> names;
  for (const Importer& importer : all_importers()) {
    if (importer.name == name) return importer;
    names.push_back(importer.name);
  }
  const std::string near = nearest_name(name, names);
  throw UserError(
      "unknown format '{}'{}; the formats are {}",
      name,
      near.empty() ? "" : ", did you mean '" + near + "'?",
      fmt::join(names, ", "));
}

Imported import_source(
    const Importer& importer,
    const std::filesystem::path& source,
    const std::optional<std::string>& space,
    const ImportProgress& progress) {
  const auto& spaces = importer.spaces;
  if (spaces.empty()) {
    if (!space) return importer.read(source, progress);
    throw UserError(
        "--space {}: a file of {} has one table, expected no --space",
        *space,
        importer.name);
  }
  if (!space || std::ranges::find(spaces, *space) == spaces.end()) {
    throw UserError(
        "{}: found {}, expected --space with one of {}",
        importer.name,
        space ? "--space " + *space : "no --space",
        fmt::join(spaces, ", "));
  }
  return importer.read_one(source, *space, progress);
}

}  // namespace zcp::importers
