#include "analysis/store/open_store.h"

#include <array>
#include <fstream>
#include <string_view>

#include "analysis/store/schema.h"
#include "common/atomic_file.h"
#include "common/error.h"

namespace zcp::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Access;
using sqlite::Database;
using std::chrono::milliseconds;

bool has_sqlite_header(const fs::path& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<char, kMagic.size()> bytes{};
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), bytes.size());
  return file && std::string_view(bytes.data(), bytes.size()) == kMagic;
}

/// True when there is nothing yet, or an empty file as mktemp makes it.
bool is_free(const fs::path& path) {
  return !fs::exists(path) ||
         (fs::is_regular_file(path) && fs::file_size(path) == 0);
}

/// A log left behind by a store that was deleted would be taken for that of
/// the new one. Looked at before `path`, whose log comes after itself.
void refuse_orphans(const fs::path& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    fs::path log = path;
    log += suffix;
    if (fs::exists(log) && is_free(path)) {
      throw UserError(
          "{} is left of a store that is no longer there; remove it or take "
          "another --store",
          log.string());
    }
  }
}

void check_is_file(const fs::path& path) {
  if (!fs::exists(path)) throw UserError("no store {}", path.string());
  if (!fs::is_regular_file(path)) {
    throw UserError(
        "{} is not a file, a score store was expected", path.string());
  }
  if (!std::ifstream(path)) {
    throw UserError(
        "{} cannot be read; look at its permissions", path.string());
  }
  if (!has_sqlite_header(path)) {
    throw UserError(
        "{} is not a SQLite file, a score store was expected", path.string());
  }
}

/// Opens without writing and checks what it is.
Database open_to_read(const fs::path& path, milliseconds patience) {
  Database database(path, Access::read, patience);
  check_format(database, path);
  return database;
}

void create_store(
    const fs::path& path,
    const Protocol& protocol,
    milliseconds patience) {
  AtomicFile file(path);
  {
    Database database(file.temporary(), Access::create, patience);
    write_empty_store(database, protocol);
  }
  if (file.publish_new()) return;
  if (is_free(path)) file.replace();
}

}  // namespace

bool is_sqlite_file(const fs::path& path) {
  return path != "-" && fs::is_regular_file(path) && has_sqlite_header(path);
}

void create_if_absent(
    const fs::path& path,
    const Protocol& protocol,
    milliseconds patience) {
  refuse_orphans(path);
  if (is_free(path)) create_store(path, protocol, patience);
}

Database open_reader(const fs::path& path, milliseconds patience) {
  check_is_file(path);
  try {
    return open_to_read(path, patience);
  } catch (const sqlite::RecoveryNeeded&) {
    // Reading something lets SQLite undo what a killed writer left half done.
    Database(path, Access::write, patience).has_table("meta");
    return open_to_read(path, patience);
  }
}

// The log (WAL) is refused by some network file systems; SQLite then stays with
// its rollback journal, which is slower and as safe.
Database open_writer(const fs::path& path, milliseconds patience) {
  Database database(path, Access::write, patience);
  database.execute("PRAGMA foreign_keys = ON");
  database.execute_patiently("PRAGMA journal_mode = WAL");
  database.execute("PRAGMA synchronous = FULL");
  return database;
}

void close_writer(Database& database) {
  try {
    database.set_patience(milliseconds(0));
    database.execute("PRAGMA journal_mode = DELETE");
  } catch (const std::exception&) {
    // The scores are safe in the log; the last to close will fold it in.
  }
}

}  // namespace zcp::store
