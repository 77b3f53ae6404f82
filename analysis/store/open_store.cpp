#include "analysis/store/open_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "analysis/store/check_store.h"
#include "analysis/store/checksum.h"
#include "analysis/store/schema.h"
#include "common/atomic_file.h"
#include "common/error.h"
#include "common/file_descriptor.h"
#include "common/file_identity.h"

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

/// Nothing at all, an empty file as mktemp makes it, or something else.
enum class Found { nothing, empty, other };

Found look_at(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return Found::nothing;
  const bool empty =
      fs::is_regular_file(status) && fs::file_size(path, error) == 0 && !error;
  return empty ? Found::empty : Found::other;
}

void check_is_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw UserError("no store {}", path.string());
  if (!fs::is_regular_file(status)) {
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
Reader open_to_read(const fs::path& path, milliseconds patience) {
  Database database = connect(path, Access::read, patience);
  const int version = check_store(database, path);
  return {std::move(database), version};
}

/// Writes an empty store. It is built in memory, so that it needs no name
/// before it is whole.
void write_to(
    const AtomicFile& file,
    const fs::path& path,
    const Protocol& protocol) {
  Database database = Database::in_memory();
  add_checksum_functions(database);
  write_empty_store(database, protocol);
  const std::string bytes = database.serialized();
  std::ofstream stream(file.temporary(), std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) {
    throw std::runtime_error(
        fmt::format("{} could not be written to its end", path.string()));
  }
}

void create_store(const fs::path& path, const Protocol& protocol) {
  AtomicFile file(path);
  write_to(file, path, protocol);
  file.publish_new();  // or another process was first
}

/// A store takes the place of an empty file. Of several processes the first
/// to lock that file does so; the others find that it is no longer at `path`.
void replace_empty_file(const fs::path& path, const Protocol& protocol) {
  const FileDescriptor empty(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!empty) {
    throw UserError(
        "{} cannot be written to; give another file or its permissions",
        path.string());
  }
  ::flock(empty.number(), LOCK_EX);
  struct stat locked {};
  ::fstat(empty.number(), &locked);
  const FileIdentity identity = {locked.st_dev, locked.st_ino};
  if (identity_of(path) != identity || look_at(path) != Found::empty) return;
  AtomicFile file(path);
  write_to(file, path, protocol);
  file.replace();
}

}  // namespace

void check_name(const fs::path& path) {
  if (path.empty()) throw UserError("expected the name of a store, not ''");
  if (path == "-") {
    throw UserError("a store is a file, it cannot be a stream (-)");
  }
  struct stat unused {};
  if (::stat(path.c_str(), &unused) == 0) return;
  if (errno == ENAMETOOLONG || errno == ELOOP || errno == ENOTDIR) {
    throw UserError(
        "{:.80} cannot be a store: {}", path.string(), std::strerror(errno));
  }
}

bool is_sqlite_file(const fs::path& path) {
  std::error_code error;
  return path != "-" && fs::is_regular_file(path, error) &&
         has_sqlite_header(path);
}

// The log is looked at first: that of a store that is just being made comes
// after the store itself.
void refuse_orphans(const fs::path& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    fs::path log = final_path(path);
    log += suffix;
    if (identity_of(log) && look_at(path) != Found::other) {
      throw UserError(
          "{} is left of a store that is no longer there; remove it or take "
          "another --store",
          log.string());
    }
  }
}

void create_if_absent(const fs::path& path, const Protocol& protocol) {
  check_name(path);
  refuse_orphans(path);
  const Found found = look_at(path);
  if (found == Found::nothing) create_store(path, protocol);
  if (found == Found::empty) replace_empty_file(path, protocol);
}

Database connect(const fs::path& path, Access access, milliseconds patience) {
  Database database(path, access, patience);
  add_checksum_functions(database);
  return database;
}

Reader open_reader(const fs::path& path, milliseconds patience) {
  check_name(path);
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
  Database database = connect(path, Access::write, patience);
  database.execute_patiently("PRAGMA journal_mode = WAL");
  database.execute("PRAGMA synchronous = FULL");
  database.execute("PRAGMA foreign_keys = ON");
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
