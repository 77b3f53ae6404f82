// SQLite's handles as objects that close themselves, its errors as exceptions.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace zcp::sqlite {

/// No spec, reason or command line comes near it.
inline constexpr int kLongestValue = 16 << 20;

enum class Access { read, write, create };

/// A writer was killed in the midst of a change: the file has to be opened for
/// writing once, so that SQLite can undo it, before it can be read.
class RecoveryNeeded : public UserError {
 public:
  using UserError::UserError;
};

/// SQLite does not understand what it was asked to do, or what it read.
class StatementError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A prepared statement. Columns count from 0, parameters from 1.
class Statement {
 public:
  Statement(sqlite3* database, std::string file, std::string_view sql);

  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t number);
  Statement& bind(int index, double number);  // NaN becomes NULL

  /// True while there is a row to read.
  bool step();
  /// Steps to the end and makes ready for the next binding.
  void run();
  void reset();

  bool is_null(int column) const;
  std::string text(int column) const;  // NULL is empty
  std::int64_t integer(int column) const;
  double real(int column) const;  // NULL is NaN

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  sqlite3* database_;
  std::string file_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A connection to one file. What the user can mend (locked, not writable,
/// damaged) is thrown as UserError, the rest as std::runtime_error. What the
/// file says is not trusted: triggers do not run, and a text or a row of more
/// than kLongestValue bytes is taken for damage.
class Database {
 public:
  /// Waits up to `patience` for others' locks, now and in every statement.
  Database(
      const std::filesystem::path& path,
      Access access,
      std::chrono::milliseconds patience);

  /// A database without a file.
  static Database in_memory();

  void execute(const std::string& sql);

  /// The same, tried again for as long as others keep the file: SQLite does
  /// not wait by itself where that might be for ever, as in a change of the
  /// journal mode. For statements that have done nothing when they fail.
  void execute_patiently(const std::string& sql);

  Statement prepare(std::string_view sql) const;

  /// The first column of the first row; empty when there is no row.
  std::string query(std::string_view sql) const;

  /// Makes the tables of another store readable as `source.NAME`; that file is
  /// not written to.
  void attach(const std::filesystem::path& path);
  void detach();

  bool has_table(std::string_view name) const;
  std::int64_t last_row() const;
  /// How many rows the last statement changed.
  std::int64_t changes() const;
  void set_patience(std::chrono::milliseconds patience);

  /// Statements are broken off with an error once `stop` returns true.
  void stop_when(bool (*stop)());

  /// The file that the whole database would be.
  std::string serialized() const;

  /// True when the path that was opened no longer leads to the file that is
  /// open.
  bool has_moved() const;

  /// Leaves the log (WAL) beside the file when the connection is closed: the
  /// name may have become that of another database's log.
  void keep_log();

  /// Writes the whole content to `path`, which must not be there.
  void copy_to(const std::filesystem::path& path) const;

  sqlite3* handle() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  Database(
      std::string file,
      const std::string& name,
      Access access,
      std::chrono::milliseconds patience);

  std::string file_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// Rolls back unless committed. Takes the write lock at once, so that a later
/// statement cannot fail for want of it.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace zcp::sqlite
