// Tables of architectures as points: what `zcp encode --csv` writes, or
// anybody else.
#pragma once

#include <boost/program_options/variables_map.hpp>
#include <string>

#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// The table of `path` (`-`: standard input) whose architectures are named by
/// the column `key`, with its numeric columns but those that number rows; its
/// notes say how many there are, and which columns were left out. Throws
/// UserError for a table that cannot be read, that has no such column, and in
/// which a number is missing or infinite.
tables::Table read_points(const std::string& path, const std::string& key);

/// Throws UserError where --key-encodings is given though `path`, the value of
/// --encodings, is no table: empty, or the file of an encoder.
void require_table_for_key(
    const boost::program_options::variables_map& values,
    const std::string& path);

}  // namespace zcp::apps
