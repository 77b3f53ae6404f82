#include "analysis/store/check_store.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "analysis/store/schema.h"
#include "common/error.h"

namespace zcp::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;
using sqlite::Statement;

/// What sqlite_schema says of a table, view, index or trigger.
using Entry = std::tuple<std::string, std::string, std::string>;
using Schema = std::map<std::string, Entry>;  // by name

/// With one space for each stretch of white space.
std::string normalised(const std::string& sql) {
  std::string result;
  for (const char c : sql) {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!space) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  return result;
}

Schema schema_in(const Database& database) {
  Schema schema;
  Statement rows = database.prepare(
      "SELECT name, type, tbl_name, sql FROM main.sqlite_schema");
  while (rows.step()) {
    schema.emplace(
        rows.text(0),
        Entry(rows.text(1), rows.text(2), normalised(rows.text(3))));
  }
  return schema;
}

Schema expected_schema(int version) {
  Database database = Database::in_memory();
  database.execute(schema_of_version(version));
  return schema_in(database);
}

[[noreturn]] void refuse_damaged(const fs::path& path, const std::string& why) {
  throw UserError("{} is damaged: {}", path.string(), why);
}

/// The first name that is in `found` alone or with another meaning; empty when
/// there is none.
std::string first_stranger(const Schema& found, const Schema& expected) {
  for (const auto& [name, entry] : found) {
    const auto known = expected.find(name);
    if (known == expected.end() || known->second != entry) return name;
  }
  return {};
}

std::string meta_value(const Database& database, std::string_view key) {
  Statement row = database.prepare("SELECT value FROM main.meta WHERE key = ?");
  return row.bind(1, key).step() ? row.text(0) : "";
}

[[noreturn]] void refuse_version(
    const fs::path& path,
    const std::string& version) {
  throw UserError(
      "{} has schema version {}, this zcp reads version {} and older; use "
      "the zcp that wrote it or another --store",
      path.string(),
      version,
      kSchemaVersion);
}

/// The version whose tables these are. Nothing but a table `meta` that is as
/// zcp makes it is read to find out.
int version_of(const Database& database, const fs::path& path) {
  const Schema found = schema_in(database);
  std::string stranger;
  bool is_store = false;
  for (const int version : {kSchemaVersion, 1}) {
    const Schema expected = expected_schema(version);
    const auto meta = found.find("meta");
    const bool has_meta =
        meta != found.end() && meta->second == expected.at("meta");
    if (!has_meta) continue;
    is_store = meta_value(database, "format") == kFormat;
    const std::string stored = meta_value(database, "schema_version");
    if (found == expected) {
      if (is_store && stored == std::to_string(version)) return version;
      if (is_store && stored.empty()) break;
    }
    const bool known = stored == "1" || stored == "2";
    if (is_store && !known) refuse_version(path, stored);
    stranger = first_stranger(found, expected);
  }
  if (!is_store && !found.contains("score")) {
    throw UserError("{} is a SQLite file but not a score store", path.string());
  }
  throw UserError(
      "{} is damaged or no score store: its tables, views and triggers are "
      "not those that zcp makes{}",
      path.string(),
      stranger.empty() ? "" : fmt::format(" (see {})", stranger));
}

void check_structure(const Database& database, const fs::path& path) {
  const std::string found =
      normalised(database.query("PRAGMA main.integrity_check(1)"));
  if (found == "ok") return;
  constexpr std::string_view kHead = "*** in database main *** ";
  const bool headed = found.starts_with(kHead);
  refuse_damaged(path, headed ? found.substr(kHead.size()) : found);
}

void check_rows(const Database& database, const fs::path& path) {
  for (const StoredTable& table : kTables) {
    Statement row = database.prepare(fmt::format(
        "SELECT rows, total, n, sum, wrong FROM (SELECT count(*) AS n,"
        " checksum_total(checksum) AS sum,"
        " coalesce(sum(checksum IS NOT row_checksum({1})), 0) AS wrong"
        " FROM main.{0}) LEFT JOIN main.digest ON name = '{0}'",
        table.name,
        table.columns));
    row.step();
    if (row.integer(4) > 0) {
      refuse_damaged(
          path,
          fmt::format(
              "{} of {} rows of the table {} do not match their checksum",
              row.integer(4),
              row.integer(2),
              table.name));
    }
    const bool complete = !row.is_null(0) && row.integer(0) == row.integer(2) &&
                          row.integer(1) == row.integer(3);
    if (complete) continue;
    refuse_damaged(
        path,
        fmt::format(
            "the table {} holds {} rows, which are not the {} that were "
            "written",
            table.name,
            row.integer(2),
            row.integer(0)));
  }
}

/// Something that is never so in a store of version 1, and how to find it.
struct Contradiction {
  const char* what;
  const char* sql;
};

constexpr std::array kContradictions = {
    Contradiction{
        "a score of no architecture, proxy or run",
        "SELECT 1 FROM pragma_foreign_key_check"},
    Contradiction{
        "a run without scores",
        "SELECT 1 FROM run WHERE id NOT IN (SELECT run_id FROM score)"},
    Contradiction{
        "a score that is no number",
        "SELECT 1 FROM score WHERE typeof(value) NOT IN ('real', 'null')"
        " OR NOT abs(value) < 9e999"},
    Contradiction{
        "a time that is none",
        "SELECT 1 FROM score WHERE typeof(seconds) NOT IN ('real', 'null')"
        " OR seconds < 0 OR NOT seconds < 9e999"},
    Contradiction{
        "a reason that is no text",
        "SELECT 1 FROM score WHERE typeof(reason) <> 'text'"},
    Contradiction{
        "an architecture that is no text or out of its order",
        "SELECT 1 FROM architecture WHERE typeof(spec) <> 'text'"
        " OR typeof(position) <> 'integer' OR position NOT BETWEEN 0 AND"
        " (SELECT CAST(value AS INTEGER) FROM meta"
        " WHERE key = 'next_position')"},
    Contradiction{
        "a proxy without a name",
        "SELECT 1 FROM proxy WHERE typeof(name) <> 'text' OR name = ''"},
    Contradiction{
        "no place for the next architecture",
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key ="
        " 'next_position' AND value = CAST(CAST(value AS INTEGER) AS TEXT))"},
    Contradiction{
        "a run whose times are none",
        "SELECT 1 FROM run WHERE started > ended"
        " OR strftime('%Y-%m-%dT%H:%M:%SZ', started) IS NOT started"
        " OR strftime('%Y-%m-%dT%H:%M:%SZ', ended) IS NOT ended"
        " OR typeof(threads) <> 'integer' OR threads < 1"}};

void check_contradictions(const Database& database, const fs::path& path) {
  for (const Contradiction& known : kContradictions) {
    if (database.prepare(known.sql).step()) refuse_damaged(path, known.what);
  }
}

}  // namespace

int check_store(Database& database, const fs::path& path) {
  try {
    database.execute("PRAGMA cell_size_check = ON");
    // All is read as it was at one moment, also while others write.
    database.execute("BEGIN");
    const int version = version_of(database, path);
    check_structure(database, path);
    if (version == 1) {
      check_contradictions(database, path);
    } else {
      check_rows(database, path);
    }
    database.execute("COMMIT");
    return version;
  } catch (const sqlite::StatementError& error) {
    refuse_damaged(path, error.what());
  }
}

}  // namespace zcp::store
