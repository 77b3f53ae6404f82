#include <sys/stat.h>

#include <thread>

#include "analysis/store/merge_stores.h"
#include "analysis/store/open_store.h"
#include "analysis/store/schema.h"
#include "analysis/store/sqlite.h"
#include "tests/analysis/store/make_store.h"

namespace {

using namespace zcp;
using namespace zcp::store;
using namespace zcp::test;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

/// Puts one score as a process of its own would.
[[noreturn]] void put_and_exit(const fs::path& path, const std::string& arch) {
  int status = 0;
  try {
    Protocol with_data = protocol();
    with_data["data"] = "0123456789abcdef";
    ScoreStore store = ScoreStore::open(
        path, with_data, provenance(), std::chrono::seconds(60));
    put(store, score(arch, "zico", 1));
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    status = 1;
  }
  _exit(status);
}

}  // namespace

TEST_CASE("score store: another protocol is refused, the file untouched") {
  const TemporaryFolder folder;
  const auto path =
      store_of(folder.path() / "s.sqlite", {score("a", "zico", 1)});
  const std::string before = bytes(path);
  const auto refusal = [&](const Protocol& other) {
    return user_error([&] { ScoreStore::open(path, other, provenance()); });
  };
  CHECK(mentions(
      refusal(protocol("128")),
      {"s.sqlite", "batch_size", "'64'", "'128'", "--store"}));
  Protocol more = protocol();
  more["task"] = "cifar10";
  CHECK(mentions(refusal(more), {"task is absent there", "'cifar10'"}));
  CHECK(mentions(refusal({}), {"batch_size is '64' there, absent"}));
  CHECK(bytes(path) == before);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("score store: files that are no store are refused, untouched") {
  const TemporaryFolder folder;
  const auto refused = [&](const fs::path& path, const std::string& why) {
    const bool file = fs::is_regular_file(path);
    const std::string before = file ? bytes(path) : "";
    CHECK(mentions(user_error([&] { open(path); }), {path.string(), why}));
    CHECK(mentions(
        user_error([&] { ScoreStore::read(path); }), {path.string(), why}));
    if (file) CHECK(bytes(path) == before);
  };
  refused(folder.write("text", "arch,zico\na,1\n"), "not a SQLite file");
  refused(folder.write("short", "S"), "not a SQLite file");
  refused(folder.path(), "is not a file");
  refused(
      folder.write(
          "damaged",
          std::string("SQLite format 3\0", 16) + std::string(5000, 'x')),
      "damaged");

  const fs::path foreign = folder.path() / "foreign";
  sqlite::Database(foreign, sqlite::Access::create, milliseconds(0))
      .execute("CREATE TABLE meta (key, value); CREATE TABLE photos (id)");
  refused(foreign, "not a score store");

  const auto cut = store_of(folder.path() / "cut", {score("a", "zico", 1)});
  fs::resize_file(cut, fs::file_size(cut) / 2);
  refused(cut, "damaged");
}

TEST_CASE("score store: no file, no folder, nowhere to write") {
  const TemporaryFolder folder;
  CHECK(mentions(
      user_error([&] { ScoreStore::read(folder.path() / "none"); }),
      {"no store", "none"}));
  CHECK(mentions(
      user_error([&] { open(folder.path() / "no" / "s.sqlite"); }),
      {"folder", "does not exist"}));
  CHECK(
      mentions(user_error([] { open("/proc/s.sqlite"); }), {"/proc/s.sqlite"}));
  open(folder.write("empty", ""));
  CHECK(ScoreStore::read(folder.path() / "empty").size() == 0);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("score store: a file one may not write to") {
  const TemporaryFolder folder;
  const auto path =
      store_of(folder.path() / "s.sqlite", {score("a", "zico", 1)});
  fs::permissions(
      path,
      fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  // Permissions do not bind root, so it steps down for a moment.
  const bool root = geteuid() == 0;
  if (root) REQUIRE(seteuid(65534) == 0);
  const std::string refusal = user_error([&] { open(path); });
  const std::int64_t readable = ScoreStore::read(path).size();
  if (root) REQUIRE(seteuid(0) == 0);
  CHECK(mentions(refusal, {"s.sqlite", "cannot be written"}));
  CHECK(readable == 1);
}

TEST_CASE("score store: a locked file") {
  const TemporaryFolder folder;
  const auto path =
      store_of(folder.path() / "s.sqlite", {score("a", "zico", 1)});
  sqlite::Database other(path, sqlite::Access::write, milliseconds(0));
  other.execute("BEGIN EXCLUSIVE");
  const auto impatient = milliseconds(20);
  CHECK(mentions(
      user_error(
          [&] { ScoreStore::open(path, protocol(), provenance(), impatient); }),
      {"s.sqlite", "locked by another process"}));
  CHECK(mentions(
      user_error([&] { ScoreStore::read(path, impatient); }), {"locked"}));
  other.execute("ROLLBACK");
  CHECK(ScoreStore::read(path).size() == 1);
}

TEST_CASE("score store: the log of a deleted store is not taken over") {
  const TemporaryFolder folder;
  folder.write("s.sqlite-wal", "old");
  CHECK(mentions(
      user_error([&] { open(folder.path() / "s.sqlite"); }),
      {"s.sqlite-wal", "remove it"}));
  const auto other = store_of(folder.path() / "o", {score("a", "zico", 1)});
  const std::vector<fs::path> inputs = {other};
  CHECK(mentions(
      user_error([&] { merge_stores(folder.path() / "s.sqlite", inputs); }),
      {"s.sqlite-wal", "remove it"}));
  CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("score store: a change that was cut short is undone") {
  // As a file system without WAL leaves it: a rollback journal beside a file
  // that has been changed already.
  const TemporaryFolder folder;
  const auto path =
      store_of(folder.path() / "s.sqlite", {score("a", "zico", 1)});
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    sqlite::Database database(path, sqlite::Access::write, milliseconds(0));
    database.execute(
        "PRAGMA cache_size = 1; BEGIN; UPDATE score SET value = 2;"
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 9999) INSERT INTO architecture SELECT i, i, i, 0 FROM n");
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  REQUIRE(fs::exists(path.string() + "-journal"));
  const auto found = ScoreStore::read(path).find();
  REQUIRE(found.size() == 1);
  CHECK(found[0].value == 1);
  store_of(path, {score("b", "zico", 2)});
  CHECK(ScoreStore::read(path).size() == 2);
}

TEST_CASE("score store: processes that open a new store at once all succeed") {
  constexpr int kProcesses = 32;
  for (const bool empty_file : {false, true, false}) {
    const TemporaryFolder folder;
    const fs::path path = folder.path() / "s.sqlite";
    if (empty_file) folder.write("s.sqlite", "");
    int gate[2];
    REQUIRE(pipe(gate) == 0);
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
      const pid_t child = fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        close(gate[1]);
        char byte = 0;
        if (read(gate[0], &byte, 1) != 0) _exit(1);  // until all are there
        put_and_exit(path, fmt::format("a{}", i));
      }
      children.push_back(child);
    }
    close(gate[0]);
    close(gate[1]);
    for (const pid_t child : children) {
      int status = 0;
      waitpid(child, &status, 0);
      CHECK(status == 0);
    }
    {
      const ScoreStore store = ScoreStore::read(path);
      CHECK(store.size() == kProcesses);
      CHECK(store.protocol().at("data") == "0123456789abcdef");
    }
    // Processes that close at the same moment may all leave SQLite's log to
    // another one; the next that opens the store takes it in.
    Protocol with_data = protocol();
    with_data["data"] = "0123456789abcdef";
    ScoreStore::open(path, with_data, provenance());
    CHECK(files_in(folder.path()) == 1);
  }
}

TEST_CASE("score store: of two data at once one is refused") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  open(path);
  sqlite::Database writer =
      connect(path, sqlite::Access::write, std::chrono::seconds(5));
  sqlite::Transaction transaction(writer);
  Protocol other = protocol();
  other["data"] = "fedcba9876543210";
  std::string refusal;
  std::thread second([&] {
    refusal = user_error([&] { ScoreStore::open(path, other, provenance()); });
  });
  // The second has looked at the protocol, or is about to.
  std::this_thread::sleep_for(milliseconds(50));
  add_missing_fields(writer, {{"data", "0123456789abcdef"}});
  transaction.commit();
  second.join();
  CHECK(mentions(refusal, {"data", "fedcba9876543210"}));
  CHECK(ScoreStore::read(path).protocol().at("data") == "0123456789abcdef");
}

TEST_CASE("open store: names that no store can have are refused in a line") {
  const TemporaryFolder folder;
  const auto refused = [&](const fs::path& path, const std::string& why) {
    CHECK(mentions(user_error([&] { open(path); }), {why}));
    CHECK(mentions(user_error([&] { ScoreStore::read(path); }), {why}));
  };
  const std::string base = folder.path();
  refused("", "''");
  refused("-", "cannot be a stream");
  refused(base + "/" + std::string(300, 'a'), "File name too long");
  refused(base + std::string(5000, '/') + "a", "File name too long");
  refused(folder.write("f", "text").string() + "/s", "Not a directory");
  refused("/dev/zero", "is not a file");
  refused("/dev/null", "is not a file");
  const std::string fifo = base + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  refused(fifo, "is not a file");
  refused(base, "is not a file");
  fs::create_symlink("loop", base + "/loop");
  refused(base + "/loop", "symbolic links");
  CHECK(files_in(folder.path()) == 3);
}

TEST_CASE("open store: a SQLite file is told by its first bytes") {
  const TemporaryFolder folder;
  const auto path = store_of(folder.path() / "s", {score("a", "zico", 1)});
  CHECK(is_sqlite_file(path));
  CHECK_FALSE(is_sqlite_file(folder.write("s.csv", "arch,zico\na,1\n")));
  CHECK_FALSE(is_sqlite_file(folder.write("empty", "")));
  CHECK_FALSE(is_sqlite_file(folder.path() / "none"));
  CHECK_FALSE(is_sqlite_file(folder.path()));
  CHECK_FALSE(is_sqlite_file("-"));
}
