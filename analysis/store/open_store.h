// Opening and creating the files of score stores.
#pragma once

#include <chrono>
#include <filesystem>

#include "analysis/store/protocol.h"
#include "analysis/store/sqlite.h"

namespace zcp::store {

/// True for a regular file that begins as SQLite's do; `-`, which stands for
/// standard input, is none.
bool is_sqlite_file(const std::filesystem::path& path);

/// Throws UserError, one line, when `path` is no name that a store can have:
/// empty, "-", too long.
void check_name(const std::filesystem::path& path);

/// Throws UserError when there is no store at `path` but the log of one that is
/// gone: SQLite would take it for that of a new store.
void refuse_orphans(const std::filesystem::path& path);

/// Makes an empty store at `path` unless there is a file that is not empty.
/// Several processes may do this at once: the first to finish wins and the
/// others find its store. Throws as check_name() and refuse_orphans().
void create_if_absent(
    const std::filesystem::path& path,
    const Protocol& protocol);

/// A connection that knows the functions of checksum.h.
sqlite::Database connect(
    const std::filesystem::path& path,
    sqlite::Access access,
    std::chrono::milliseconds patience);

/// A reader's connection to a store that check_store() has read. Throws
/// UserError, one line that says what `path` is instead, when it is none.
struct Reader {
  sqlite::Database database;
  int version = 0;  // of its schema
};
Reader open_reader(
    const std::filesystem::path& path,
    std::chrono::milliseconds patience);

/// A writer's connection to a store that open_reader() has taken. Writers call
/// migrate() before they change anything.
sqlite::Database open_writer(
    const std::filesystem::path& path,
    std::chrono::milliseconds patience);

/// Folds a writer's log into the file, unless others have it open.
void close_writer(sqlite::Database& database);

}  // namespace zcp::store
