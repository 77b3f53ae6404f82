// NAS-Bench-201: the file NAS-Bench-201-v1_1-096897.pth or its predecessor.
#pragma once

#include <memory>
#include <string>

#include "benchmarks/formats/files.h"
#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// Reads a file of torch.save in that layout; `source` names it in messages.
/// Memory grows by the table's numbers alone: architectures are read one by
/// one, twice.
Imported read_nas_bench_201(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress);

}  // namespace zcp::importers
