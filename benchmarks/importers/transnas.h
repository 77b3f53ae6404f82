// TransNAS-Bench-101: the file transnas-bench_v10141024.pth, or the same as
// JSON.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>

#include "benchmarks/formats/files.h"
#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// Reads a file of torch.save in that layout; `source` names it in messages.
/// Memory grows by the table's numbers alone.
Imported read_transnas(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress);

/// Reads what json.dump writes of the same dicts.
Imported read_transnas_json(
    std::istream& in,
    const std::string& source,
    const ImportProgress& progress);

}  // namespace zcp::importers
