#include "analysis/store/schema.h"

#include <fmt/format.h>

#include <utility>

#include "analysis/store/checksum.h"

namespace zcp::store {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

/// A change here needs another kSchemaVersion and another golden store; files
/// of the older versions stay readable.
///
/// `position` orders architectures (see ScoreStore::declare); proxies are
/// ordered by their id. Real numbers keep all their bits but the sign of zero.
/// 2053337203 is "zcps" in ASCII; it is how file(1) may know a store. {0} is
/// the column `checksum`, which version 1 does not have.
constexpr const char* kTablesAndView = R"sql(
PRAGMA application_id = 2053337203;
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL{0}
) WITHOUT ROWID;
CREATE TABLE protocol (
  field TEXT PRIMARY KEY,
  value TEXT NOT NULL{0}
) WITHOUT ROWID;
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  version TEXT NOT NULL,
  command TEXT NOT NULL,
  host TEXT NOT NULL,
  cpu TEXT NOT NULL,
  libtorch TEXT NOT NULL,
  blas TEXT NOT NULL,
  threads INTEGER NOT NULL,
  started TEXT NOT NULL,
  ended TEXT NOT NULL{0}
);
CREATE TABLE architecture (
  id INTEGER PRIMARY KEY,
  spec TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL{0}
);
CREATE TABLE proxy (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE{0}
);
CREATE TABLE score (
  architecture_id INTEGER NOT NULL REFERENCES architecture (id),
  proxy_id INTEGER NOT NULL REFERENCES proxy (id),
  run_id INTEGER NOT NULL REFERENCES run (id),
  status TEXT NOT NULL CHECK (status IN ('ok', 'degenerate', 'failed')),
  value REAL,
  reason TEXT NOT NULL,
  seconds REAL{0},
  PRIMARY KEY (architecture_id, proxy_id),
  CHECK ((status = 'ok') = (value IS NOT NULL))
) WITHOUT ROWID;
CREATE VIEW scores AS
  SELECT spec AS arch, name AS proxy, value, status, reason, seconds,
         run_id AS run
  FROM score
  JOIN architecture ON architecture.id = architecture_id
  JOIN proxy ON proxy.id = proxy_id;
)sql";

constexpr const char* kChecksumColumn = ",\n  checksum INTEGER NOT NULL";

/// How many rows each table holds and the total of their checksums: a row that
/// is gone, or one too many, has no checksum to tell it.
constexpr const char* kDigestTable = R"sql(
CREATE TABLE digest (
  name TEXT PRIMARY KEY,
  rows INTEGER NOT NULL,
  total INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

constexpr const char* kInsertMeta =
    "INSERT INTO meta VALUES (?1, ?2, row_checksum(?1, ?2))";
constexpr const char* kInsertField =
    "INSERT INTO protocol VALUES (?1, ?2, row_checksum(?1, ?2))";

void insert_pair(
    Statement& insert,
    std::string_view key,
    std::string_view value) {
  insert.bind(1, key).bind(2, value).run();
}

void update_meta(
    Database& database,
    std::string_view key,
    const std::string& value) {
  database
      .prepare(
          "UPDATE meta SET value = ?2, checksum = row_checksum(?1, ?2)"
          " WHERE key = ?1")
      .bind(1, key)
      .bind(2, value)
      .run();
}

void write_digests(Database& database) {
  Statement insert = database.prepare("INSERT INTO digest VALUES (?, 0, 0)");
  for (const StoredTable& table : kTables) {
    insert.bind(1, table.name).run();
    renew_digest(database, table.name);
  }
}

/// Moves the rows of version 1 aside, into temporary tables.
void set_rows_aside(Database& database) {
  database.execute("DROP VIEW scores");
  for (const StoredTable& table : kTables) {
    database.execute(fmt::format(
        "CREATE TEMP TABLE old_{0} AS SELECT {1} FROM main.{0}",
        table.name,
        table.columns));
  }
  // A table goes before those that it refers to.
  for (auto table = kTables.rbegin(); table != kTables.rend(); ++table) {
    database.execute(fmt::format("DROP TABLE main.{}", table->name));
  }
}

void take_rows_back(Database& database) {
  for (const StoredTable& table : kTables) {
    database.execute(fmt::format(
        "INSERT INTO main.{0} SELECT {1}, row_checksum({1}) FROM temp.old_{0};"
        "DROP TABLE temp.old_{0}",
        table.name,
        table.columns));
  }
}

}  // namespace

std::string schema_of_version(int version) {
  if (version == 1) return fmt::format(fmt::runtime(kTablesAndView), "");
  return fmt::format(fmt::runtime(kTablesAndView), kChecksumColumn) +
         kDigestTable;
}

void write_empty_store(Database& database, const Protocol& protocol) {
  Transaction transaction(database);
  database.execute(schema_of_version(kSchemaVersion));
  Statement meta = database.prepare(kInsertMeta);
  insert_pair(meta, "format", kFormat);
  insert_pair(meta, "schema_version", std::to_string(kSchemaVersion));
  insert_pair(meta, "next_position", "0");
  Statement insert = database.prepare(kInsertField);
  for (const auto& [field, value] : protocol) {
    insert_pair(insert, field, value);
  }
  write_digests(database);
  transaction.commit();
}

void migrate(Database& database) {
  if (database.has_table("digest")) return;
  set_rows_aside(database);
  database.execute(schema_of_version(kSchemaVersion));
  take_rows_back(database);
  update_meta(database, "schema_version", std::to_string(kSchemaVersion));
  write_digests(database);
}

Protocol read_protocol(const Database& database) {
  Protocol protocol;
  Statement rows = database.prepare("SELECT field, value FROM protocol");
  while (rows.step()) protocol[rows.text(0)] = rows.text(1);
  return protocol;
}

Protocol add_missing_fields(Database& database, const Protocol& asked) {
  Protocol stored = read_protocol(database);
  const std::size_t before = stored.size();
  Statement insert = database.prepare(kInsertField);
  for (const auto& [field, value] : asked) {
    if (stored.emplace(field, value).second) {
      insert_pair(insert, field, value);
    }
  }
  if (stored.size() > before) renew_digest(database, "protocol");
  return stored;
}

void write_next_position(Database& database, std::int64_t position) {
  update_meta(database, "next_position", std::to_string(position));
  renew_digest(database, "meta");
}

void renew_digest(Database& database, std::string_view table) {
  database.execute(fmt::format(
      "UPDATE main.digest SET (rows, total) ="
      " (SELECT count(*), checksum_total(checksum) FROM main.{0})"
      " WHERE name = '{0}'",
      table));
}

void change_digest(
    Database& database,
    std::string_view table,
    std::int64_t more_rows,
    std::int64_t more_total) {
  Statement stored =
      database.prepare("SELECT rows, total FROM digest WHERE name = ?");
  stored.bind(1, table).step();
  const std::int64_t rows = stored.integer(0) + more_rows;
  const std::int64_t total = add_checksums(stored.integer(1), more_total);
  stored.reset();
  database.prepare("UPDATE digest SET rows = ?, total = ? WHERE name = ?")
      .bind(1, rows)
      .bind(2, total)
      .bind(3, table)
      .run();
}

}  // namespace zcp::store
