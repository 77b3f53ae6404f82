// Scores of either kind: from a store or from a CSV.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "benchmarks/tables/table.h"

namespace zcp::store {

/// Scores from a store or from a CSV (whoever made it; `-`: standard input),
/// told apart by their first bytes. With `wanted` those columns alone, in its
/// order. Throws UserError for a file that is neither, for a store without
/// scores, for a column that is not there.
tables::Table read_scores(
    const std::filesystem::path& path,
    std::span<const std::string> wanted = {});

}  // namespace zcp::store
