// What a score store is inside: its tables and their versions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "analysis/store/protocol.h"
#include "analysis/store/sqlite.h"

namespace zcp::store {

/// Version 1 has no checksums. New stores are of version 2; those of version 1
/// are read, and become stores of version 2 when they are written to.
inline constexpr int kSchemaVersion = 2;
inline constexpr std::string_view kFormat = "zcp score store";

/// A table of the store and its columns without `checksum`, the last one,
/// which is row_checksum(columns...).
struct StoredTable {
  std::string_view name;
  std::string_view columns;
};

inline constexpr std::array<StoredTable, 6> kTables = {{
    {"meta", "key, value"},
    {"protocol", "field, value"},
    {"run",
     "id, version, command, host, cpu, libtorch, blas, threads, started,"
     " ended"},
    {"architecture", "id, spec, position"},
    {"proxy", "id, name"},
    {"score",
     "architecture_id, proxy_id, run_id, status, value, reason, seconds"},
}};

/// The statements that make the tables of a version, 1 or 2.
std::string schema_of_version(int version);

/// Makes the tables in an empty database and writes the protocol, in one
/// transaction.
void write_empty_store(sqlite::Database& database, const Protocol& protocol);

/// Turns a store of version 1 into one of version 2, in the caller's
/// transaction. Does nothing when it is of version 2 already.
void migrate(sqlite::Database& database);

Protocol read_protocol(const sqlite::Database& database);

/// Adds to the store the fields of `asked` that it did not need so far (those
/// of the data), in the caller's transaction. Returns what it then holds; where
/// both have a field, the store's value stays.
Protocol add_missing_fields(sqlite::Database& database, const Protocol& asked);

/// Sets the position of the next architecture, in the caller's transaction.
void write_next_position(sqlite::Database& database, std::int64_t position);

/// Notes what a table now holds. Each of these belongs into the transaction
/// that changed the table; the first reads the whole table.
void renew_digest(sqlite::Database& database, std::string_view table);
void change_digest(
    sqlite::Database& database,
    std::string_view table,
    std::int64_t more_rows,
    std::int64_t more_total);

}  // namespace zcp::store
