// What a score store is inside: its tables, and how a file is told to be one.
#pragma once

#include <filesystem>

#include "analysis/store/protocol.h"
#include "analysis/store/sqlite.h"

namespace zcp::store {

/// Makes the tables in an empty database and writes the protocol, in one
/// transaction.
void write_empty_store(sqlite::Database& database, const Protocol& protocol);

/// Throws UserError, which names `path`, when the database is no score store or
/// one of another schema version.
void check_format(
    const sqlite::Database& database,
    const std::filesystem::path& path);

Protocol read_protocol(const sqlite::Database& database);

/// Adds to the store, and to `stored`, which is what it holds, the fields of
/// `asked` that it did not need so far (those of the data). One transaction.
void add_missing_fields(
    sqlite::Database& database,
    Protocol& stored,
    const Protocol& asked);

}  // namespace zcp::store
