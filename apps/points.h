// Tables of architectures as points: what `zcp encode --csv` writes, or
// anybody else.
#pragma once

#include <string>

#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// The table of `path` (`-`: standard input) whose architectures are named by
/// the column `key`, with its numeric columns but those that number rows; its
/// notes say how many there are, and which columns were left out. Throws
/// UserError for a table that cannot be read, that has no such column, and in
/// which a number is missing or infinite.
tables::Table read_points(const std::string& path, const std::string& key);

}  // namespace zcp::apps
