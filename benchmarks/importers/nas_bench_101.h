// NAS-Bench-101: nasbench_full.tfrecord and nasbench_only108.tfrecord.
#pragma once

#include <memory>
#include <string>

#include "benchmarks/formats/files.h"
#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// Reads all records; `source` names the file in messages.
Imported read_nas_bench_101(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress);

}  // namespace zcp::importers
