// All importers, declared.
#pragma once

#include "benchmarks/importers/importer.h"

namespace zcp::importers {

#define ZCP_IMPORTER(name) Importer name##_importer();
#include "benchmarks/importers/list.inc"
#undef ZCP_IMPORTER

}  // namespace zcp::importers
