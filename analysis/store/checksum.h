// Checksums of what a store holds, as functions of SQL.
//
// row_checksum(value, ...) is XXH3 (64 bits, as a signed integer) over the
// types and bytes of the values; it tells NULL, numbers and texts apart, not
// the two signs of zero, which SQLite does not keep either.
// checksum_total(checksum) adds the checksums of many rows, modulo 2^64, so
// that the total of a table does not depend on the order of its rows.
#pragma once

#include <cstdint>

#include "analysis/store/sqlite.h"

namespace zcp::store {

/// Makes the two functions known to a connection.
void add_checksum_functions(sqlite::Database& database);

/// Adds as checksum_total does.
std::int64_t add_checksums(std::int64_t a, std::int64_t b);

/// Subtracts what add_checksums has added.
std::int64_t subtract_checksums(std::int64_t a, std::int64_t b);

}  // namespace zcp::store
