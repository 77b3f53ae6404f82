// HW-NAS-Bench: the file HW-NAS-Bench-v1_0.pickle.
#pragma once

#include <string>

#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// Parses the file's bytes; `source` names it in messages.
Imported parse_hw_nas_bench(std::string bytes, const std::string& source);

}  // namespace zcp::importers
