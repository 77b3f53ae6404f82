// Whether a file is a score store, and still says what was written to it.
#pragma once

#include <filesystem>

#include "analysis/store/sqlite.h"

namespace zcp::store {

/// Reads the whole store and returns its schema version. Throws UserError,
/// which names `path`,
/// - when its tables, views and triggers are not exactly those of a store:
///   before any of them is read;
/// - when it is of a later schema version;
/// - when it is damaged: SQLite finds fault with it, a row does not match its
///   checksum or a table its digest. Version 1, which has no checksums, is
///   checked for what its tables say of each other; a number in it that has
///   become another number cannot be told.
int check_store(sqlite::Database& database, const std::filesystem::path& path);

}  // namespace zcp::store
