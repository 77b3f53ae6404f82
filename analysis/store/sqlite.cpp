#include "analysis/store/sqlite.h"

#include <sqlite3.h>

#include <limits>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

namespace zcp::sqlite {
namespace {

/// What the user can do about it; empty when nothing.
std::string advice(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "is locked by another process; try again when that is done";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "cannot be written to; give another file or its permissions";
    case SQLITE_CANTOPEN:
      return "cannot be opened; look at its permissions and its folder's";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG:
      return "is damaged or not a SQLite file";
    default:
      return "";
  }
}

[[noreturn]] void fail(sqlite3* database, const std::string& file) {
  const int code = sqlite3_extended_errcode(database);
  const std::string text = sqlite3_errmsg(database);
  if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY) {
    throw RecoveryNeeded(
        "{} was left in the midst of a change and can only be read once it "
        "can be written to ({})",
        file,
        text);
  }
  const std::string known = advice(code);
  if (!known.empty()) throw UserError("{} {} ({})", file, known, text);
  if (code == SQLITE_NOMEM) throw std::bad_alloc();
  if (code == SQLITE_ERROR) {
    throw StatementError(fmt::format("{}: SQLite: {}", file, text));
  }
  throw std::runtime_error(fmt::format("{}: SQLite: {}", file, text));
}

int flags_of(Access access) {
  // SQLITE_OPEN_URI is for attach(); names of files are made absolute and so
  // never look like an address.
  constexpr int kAlways = SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Access::read:
      return kAlways | SQLITE_OPEN_READONLY;
    case Access::write:
      return kAlways | SQLITE_OPEN_READWRITE;
    case Access::create:
      return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  throw std::logic_error("access");
}

/// The address of a file to be read only.
std::string read_only_address(const std::filesystem::path& path) {
  std::string address = "file://";
  for (const char c : std::filesystem::absolute(path).string()) {
    const bool special = c == '%' || c == '?' || c == '#';
    address += special ? fmt::format("%{:02x}", c) : std::string(1, c);
  }
  return address + "?mode=ro";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string file, std::string_view sql)
    : database_(database), file_(std::move(file)) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(
      database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) fail(database_, file_);
}

Statement& Statement::bind(int index, std::string_view text) {
  // The copy is SQLite's: the statement may outlive the text.
  const int code = sqlite3_bind_text64(
      statement_.get(),
      index,
      text.data(),
      text.size(),
      SQLITE_TRANSIENT,  // NOLINT: SQLite's own cast
      SQLITE_UTF8);
  if (code != SQLITE_OK) fail(database_, file_);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  if (sqlite3_bind_int64(statement_.get(), index, number) != SQLITE_OK) {
    fail(database_, file_);
  }
  return *this;
}

Statement& Statement::bind(int index, double number) {
  if (sqlite3_bind_double(statement_.get(), index, number) != SQLITE_OK) {
    fail(database_, file_);
  }
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(database_, file_);
  return false;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
  const auto* bytes =
      static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? "" : std::string(bytes, bytes + size);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  if (is_null(column)) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

Database::Database(
    const std::filesystem::path& path,
    Access access,
    std::chrono::milliseconds patience)
    : Database(
          path.string(),
          std::filesystem::absolute(path).string(),
          access,
          patience) {
  // SQLite opens a file that it may not write to as if it were asked to read.
  if (access != Access::read && sqlite3_db_readonly(handle(), "main") == 1) {
    throw UserError(
        "{} cannot be written to; give another file or its permissions", file_);
  }
}

Database::Database(
    std::string file,
    const std::string& name,
    Access access,
    std::chrono::milliseconds patience)
    : file_(std::move(file)), patience_(patience) {
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(name.c_str(), &database, flags_of(access), nullptr);
  database_.reset(database);
  if (database == nullptr) throw std::bad_alloc();
  if (code != SQLITE_OK) fail(database, file_);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kLongestValue);
  set_patience(patience);
}

Database Database::in_memory() {
  return {"memory", ":memory:", Access::create, std::chrono::milliseconds(0)};
}

void Database::execute(const std::string& sql) {
  const int code =
      sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(database_.get(), file_);
}

void Database::execute_patiently(const std::string& sql) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + patience_;
  for (;;) {
    const int code =
        sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    const bool busy = (code & 0xff) == SQLITE_BUSY;
    if (!busy || steady_clock::now() >= deadline) fail(database_.get(), file_);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Statement Database::prepare(std::string_view sql) const {
  return {database_.get(), file_, sql};
}

std::string Database::query(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.text(0) : "";
}

void Database::attach(const std::filesystem::path& path) {
  prepare("ATTACH ? AS source").bind(1, read_only_address(path)).run();
}

void Database::detach() {
  execute("DETACH source");
}

bool Database::has_table(std::string_view name) const {
  return prepare(
             "SELECT 1 FROM sqlite_schema WHERE type = 'table'"
             " AND name = ?")
      .bind(1, name)
      .step();
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(database_.get());
}

void Database::set_patience(std::chrono::milliseconds patience) {
  patience_ = patience;
  sqlite3_busy_timeout(database_.get(), static_cast<int>(patience.count()));
}

void Database::stop_when(bool (*stop)()) {
  constexpr int kSteps = 10000;  // of SQLite's machine, about a millisecond
  const auto handler = [](void* asked) {
    return reinterpret_cast<bool (*)()>(asked)() ? 1 : 0;
  };
  sqlite3_progress_handler(
      handle(), kSteps, handler, reinterpret_cast<void*>(stop));
}

std::string Database::serialized() const {
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> bytes(
      sqlite3_serialize(handle(), "main", &size, 0), sqlite3_free);
  if (bytes == nullptr) throw std::bad_alloc();
  return {bytes.get(), bytes.get() + size};
}

bool Database::has_moved() const {
  int moved = 0;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

void Database::keep_log() {
  int keep = 1;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

void Database::copy_to(const std::filesystem::path& path) const {
  prepare("VACUUM INTO ?")
      .bind(1, std::filesystem::absolute(path).string())
      .run();
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute_patiently("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const std::exception&) {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace zcp::sqlite
