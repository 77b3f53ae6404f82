// NAS-Bench-301: the results that its surrogates were fitted to, and tables of
// DARTS genotypes.
#pragma once

#include <string>
#include <string_view>

#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// A CSV: a genotype, its accuracy. Where a header names more columns, the one
/// with `genotype` (or `arch`) and the one with `acc` in its name. Genotypes
/// that repeat become one row with their mean.
Imported parse_genotype_table(std::string_view text, const std::string& source);

/// One results_N.json of NAS-Bench-301 as a table of one row; edges come in the
/// order of their sources.
Imported parse_nas_bench_301(std::string_view text, const std::string& source);

}  // namespace zcp::importers
