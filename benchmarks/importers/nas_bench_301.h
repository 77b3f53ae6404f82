// NAS-Bench-301: the results that its surrogates were fitted to, and tables of
// DARTS genotypes.
#pragma once

#include <string>
#include <string_view>

#include "benchmarks/importers/importer.h"

namespace zcp::importers {

/// A CSV without a header: a genotype, its accuracy. Genotypes that repeat
/// become one row with their mean.
tables::Table parse_genotype_table(
    std::string_view text,
    const std::string& source);

/// One results_N.json of NAS-Bench-301 as a table of one row; edges come in
/// the order of their sources.
tables::Table parse_nas_bench_301(
    std::string_view text,
    const std::string& source);

}  // namespace zcp::importers
