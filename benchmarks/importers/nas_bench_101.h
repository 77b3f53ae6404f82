// NAS-Bench-101: nasbench_full.tfrecord and nasbench_only108.tfrecord.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "benchmarks/formats/files.h"
#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// One training of one architecture.
struct NasBench101Run {
  std::array<std::uint64_t, 2> hash = {};  ///< of the module
  std::string arch;  ///< "0110-0001-0001-0000|input,OP,OP,output"
  int epochs = 0;
  std::int64_t params = 0;
  double valid = 0.0;    ///< accuracy after the last epoch, percent
  double test = 0.0;     ///< accuracy after the last epoch, percent
  double seconds = 0.0;  ///< of training
};

/// Parses a record's data, which is JSON; throws UserError naming `place`.
NasBench101Run parse_nas_bench_101(
    std::string_view text,
    const std::string& place);

/// Reads all records; `source` names the file in messages.
tables::Table read_nas_bench_101(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress);

}  // namespace zcp::importers
