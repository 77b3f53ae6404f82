#include "analysis/store/schema.h"

#include <string>
#include <string_view>

#include "common/error.h"

namespace zcp::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

constexpr int kSchemaVersion = 1;
constexpr std::string_view kFormat = "zcp score store";

/// A change here needs another kSchemaVersion and another golden store; files
/// of the older versions stay readable.
///
/// `position` orders architectures (see ScoreStore::declare); proxies are
/// ordered by their id. Real numbers keep all their bits but the sign of zero.
/// 2053337203 is "zcps" in ASCII; it is how file(1) may know a store.
constexpr const char* kSchema = R"sql(
PRAGMA application_id = 2053337203;
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE protocol (
  field TEXT PRIMARY KEY,
  value TEXT NOT NULL
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
  ended TEXT NOT NULL
);
CREATE TABLE architecture (
  id INTEGER PRIMARY KEY,
  spec TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL
);
CREATE TABLE proxy (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE score (
  architecture_id INTEGER NOT NULL REFERENCES architecture (id),
  proxy_id INTEGER NOT NULL REFERENCES proxy (id),
  run_id INTEGER NOT NULL REFERENCES run (id),
  status TEXT NOT NULL CHECK (status IN ('ok', 'degenerate', 'failed')),
  value REAL,
  reason TEXT NOT NULL,
  seconds REAL,
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

void insert_field(
    Statement& insert,
    const std::string& field,
    const std::string& value) {
  insert.bind(1, field).bind(2, value).run();
}

constexpr const char* kInsertField = "INSERT INTO protocol VALUES (?, ?)";

}  // namespace

void write_empty_store(Database& database, const Protocol& protocol) {
  Transaction transaction(database);
  database.execute(kSchema);
  Statement meta = database.prepare("INSERT INTO meta VALUES (?, ?)");
  meta.bind(1, "format").bind(2, kFormat).run();
  meta.bind(1, "schema_version").bind(2, std::to_string(kSchemaVersion)).run();
  meta.bind(1, "next_position").bind(2, "0").run();
  Statement insert = database.prepare(kInsertField);
  for (const auto& [field, value] : protocol) {
    insert_field(insert, field, value);
  }
  transaction.commit();
}

void check_format(const Database& database, const fs::path& path) {
  std::string format;
  std::string version;
  if (database.has_table("meta") && database.has_table("score")) {
    format = database.query("SELECT value FROM meta WHERE key = 'format'");
    version =
        database.query("SELECT value FROM meta WHERE key = 'schema_version'");
  }
  if (format != kFormat) {
    throw UserError("{} is a SQLite file but not a score store", path.string());
  }
  if (version != std::to_string(kSchemaVersion)) {
    throw UserError(
        "{} has schema version {}, this zcp reads version {}; use the zcp that "
        "wrote it or another --store",
        path.string(),
        version,
        kSchemaVersion);
  }
}

Protocol read_protocol(const Database& database) {
  Protocol protocol;
  Statement rows = database.prepare("SELECT field, value FROM protocol");
  while (rows.step()) protocol[rows.text(0)] = rows.text(1);
  return protocol;
}

void add_missing_fields(
    Database& database,
    Protocol& stored,
    const Protocol& asked) {
  Transaction transaction(database);
  Statement insert = database.prepare(kInsertField);
  for (const auto& [field, value] : asked) {
    if (stored.emplace(field, value).second) {
      insert_field(insert, field, value);
    }
  }
  transaction.commit();
}

}  // namespace zcp::store
