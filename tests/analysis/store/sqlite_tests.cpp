#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "analysis/store/sqlite.h"
#include "tests/support/temporary.h"

using namespace zcp::sqlite;
using namespace zcp::test;
using std::chrono::milliseconds;

namespace {

Database made(const TemporaryFolder& folder) {
  Database database(folder.path() / "d", Access::create, milliseconds(0));
  database.execute("CREATE TABLE t (text TEXT, whole INTEGER, real REAL)");
  return database;
}

}  // namespace

TEST_CASE("sqlite: what is bound is read again, NaN as NULL") {
  const TemporaryFolder folder;
  Database database = made(folder);
  Statement insert = database.prepare("INSERT INTO t VALUES (?, ?, ?)");
  insert.bind(1, "a").bind(2, std::int64_t{1} << 60).bind(3, 0.1).run();
  const double none = std::numeric_limits<double>::quiet_NaN();
  insert.bind(1, "").bind(2, std::int64_t{-1}).bind(3, none).run();
  CHECK(database.changes() == 1);
  CHECK(database.last_row() == 2);
  Statement rows = database.prepare("SELECT * FROM t ORDER BY rowid");
  REQUIRE(rows.step());
  CHECK(rows.text(0) == "a");
  CHECK(rows.integer(1) == std::int64_t{1} << 60);
  CHECK(rows.real(2) == 0.1);
  REQUIRE(rows.step());
  CHECK(rows.text(0).empty());
  CHECK(std::isnan(rows.real(2)));
  CHECK_FALSE(rows.step());
  CHECK(database.query("SELECT count(*) FROM t WHERE real IS NULL") == "1");
  CHECK(database.query("SELECT text FROM t WHERE whole = 5").empty());
  CHECK(database.has_table("t"));
  CHECK_FALSE(database.has_table("u"));
}

TEST_CASE("sqlite: a transaction that is not committed leaves nothing") {
  const TemporaryFolder folder;
  Database database = made(folder);
  {
    Transaction transaction(database);
    database.execute("INSERT INTO t VALUES ('x', 1, 1)");
  }
  CHECK(database.query("SELECT count(*) FROM t") == "0");
  Transaction transaction(database);
  database.execute("INSERT INTO t VALUES ('x', 1, 1)");
  transaction.commit();
  CHECK(database.query("SELECT count(*) FROM t") == "1");
}

TEST_CASE("sqlite: another database is attached to read from it") {
  const TemporaryFolder folder;
  Database database = made(folder);
  {
    Database other(folder.path() / "o", Access::create, milliseconds(0));
    other.execute("CREATE TABLE u (n); INSERT INTO u VALUES (7)");
  }
  database.attach(folder.path() / "o");
  CHECK(database.query("SELECT n FROM source.u") == "7");
  database.detach();
  CHECK_THROWS(database.query("SELECT n FROM source.u"));
}

TEST_CASE("sqlite: errors name the file") {
  const TemporaryFolder folder;
  CHECK(user_error([&] {
          Database(folder.path() / "none", Access::read, milliseconds(0));
        }).find("none") != std::string::npos);
  Database database = made(folder);
  CHECK_THROWS(database.execute("SELECT * FROM absent"));
  CHECK_THROWS(database.prepare("no SQL"));
  database.execute("BEGIN EXCLUSIVE");
  CHECK(user_error([&] {
          Database(folder.path() / "d", Access::write, milliseconds(0))
              .execute("INSERT INTO t VALUES ('y', 2, 2)");
        }).find("locked") != std::string::npos);
}

TEST_CASE("sqlite: a database without a file, and what its file would be") {
  const TemporaryFolder folder;
  Database memory = Database::in_memory();
  memory.execute("CREATE TABLE t (n); INSERT INTO t VALUES (7)");
  const auto path = folder.write("d", memory.serialized());
  const Database written(path, Access::read, milliseconds(0));
  CHECK(written.query("SELECT n FROM t") == "7");
  written.copy_to(folder.path() / "copy");
  const Database copy(folder.path() / "copy", Access::read, milliseconds(0));
  CHECK(copy.query("SELECT n FROM t") == "7");
  CHECK_THROWS(written.copy_to(path));
}

TEST_CASE("sqlite: a file that was renamed has moved") {
  const TemporaryFolder folder;
  const Database database = made(folder);
  CHECK_FALSE(database.has_moved());
  std::filesystem::rename(folder.path() / "d", folder.path() / "e");
  CHECK(database.has_moved());
}

TEST_CASE("sqlite: statements end when they are asked to") {
  Database database = Database::in_memory();
  const char* endless =
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
      " SELECT count(*) FROM c";
  database.stop_when([] { return true; });
  CHECK_THROWS_AS(database.query(endless), std::runtime_error);
}

TEST_CASE("sqlite: triggers of a file do not run") {
  const TemporaryFolder folder;
  Database database = made(folder);
  database.execute(
      "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END;"
      "INSERT INTO t VALUES ('x', 1, 1)");
  CHECK(database.query("SELECT count(*) FROM t") == "1");
}
