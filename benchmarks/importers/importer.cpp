#include "benchmarks/importers/importer.h"

#include <fmt/ranges.h>

#include "benchmarks/importers/hw_nas_bench.h"
#include "benchmarks/importers/json_tables.h"
#include "benchmarks/importers/nas_bench_101.h"
#include "benchmarks/importers/nas_bench_201.h"
#include "benchmarks/importers/nas_bench_301.h"
#include "benchmarks/importers/nats.h"
#include "benchmarks/importers/transnas.h"
#include "common/error.h"

namespace zcp::importers {

std::span<const Importer> all_importers() {
  static const std::vector<Importer> all = {
      nats_importer(),
      nas_bench_201_importer(),
      nas_bench_101_importer(),
      nas_bench_301_importer(),
      transnas_importer(),
      hw_nas_bench_importer(),
      nas_bench_macro_importer(),
      nas_bench_suite_zero_importer()};
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

}  // namespace zcp::importers
