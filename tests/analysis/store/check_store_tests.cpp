#include <sqlite3.h>

#include <random>
#include <utility>

#include "analysis/store/check_store.h"
#include "analysis/store/merge_stores.h"
#include "analysis/store/schema.h"
#include "analysis/store/sqlite.h"
#include "tests/analysis/store/make_store.h"

namespace {

using namespace zcp;
using namespace zcp::store;
using namespace zcp::test;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

/// Everything that a store says, as one text.
std::string said_by(const fs::path& path) {
  const ScoreStore store = ScoreStore::read(path);
  std::string said;
  for (const auto& [field, value] : store.protocol()) {
    said += fmt::format("{}={}\n", field, value);
  }
  for (const ScoreRecord& record : store.find()) {
    said += fmt::format(
        "{},{},{},{:a},{},{:a}\n",
        record.arch,
        record.proxy,
        to_text(record.status),
        record.value,
        record.reason,
        record.seconds);
  }
  for (const Run& run : store.runs()) {
    const Provenance& made = run.provenance;
    said += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{}\n",
        run.id,
        made.version,
        made.command,
        made.host,
        made.cpu,
        made.libtorch,
        made.blas,
        made.threads,
        run.started,
        run.ended,
        run.scores);
  }
  const tables::Table table = store.table();
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    said += table.columns[i];
    for (const double value : table.values[i]) {
      said += fmt::format(",{:a}", value);
    }
  }
  return said;
}

/// A store of several pages a table, of two runs, with gaps.
fs::path make_large_store(const fs::path& path) {
  for (int run = 0; run < 2; ++run) {
    std::vector<ScoreRecord> records;
    for (int i = 0; i < 60; ++i) {
      const std::string arch = fmt::format("{}|nor_conv_3x3~{:060}|", run, i);
      records.push_back(score(arch, "zico", 1.0 / (i + 3)));
      records.push_back(score(arch, "params", 1000 * i));
      records.push_back(
          {arch, "naswot", ScoreStatus::degenerate, kNone, "singular", 0.5});
    }
    open(path).put(records);
  }
  return path;
}

/// One of the things that befall files.
std::string damaged(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  const std::size_t page = 4096;
  const std::size_t pages = bytes.size() / page;
  switch (below(5)) {
    case 0:  // one bit
      bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
      break;
    case 1:  // some bytes
      for (std::size_t i = 0; i <= below(8); ++i) {
        bytes[below(bytes.size())] = static_cast<char>(below(256));
      }
      break;
    case 2:  // cut off
      bytes.resize(below(bytes.size()));
      break;
    case 3:  // a page, or a part of one, zeroed
      bytes.replace(below(pages) * page, page, std::string(page, '\0'));
      break;
    default:  // a page that lies where another should
      bytes.replace(
          below(pages) * page, page, bytes, below(pages) * page, page);
  }
  return bytes;
}

/// A closed store, changed by SQL.
fs::path changed(const fs::path& path, const std::string& sql) {
  sqlite::Database(path, sqlite::Access::write, milliseconds(0)).execute(sql);
  return path;
}

std::string refusal(const fs::path& path) {
  return user_error([&] { ScoreStore::read(path); });
}

}  // namespace

TEST_CASE("damage: a store says what was written to it or is refused") {
  const TemporaryFolder folder;
  const auto good = make_large_store(folder.path() / "good");
  const std::string bytes_of_good = bytes(good);
  REQUIRE(bytes_of_good.size() > std::size_t{16} * 4096);
  const std::string expected = said_by(good);
  std::mt19937 random(20261126);
  int refused = 0;
  constexpr int kCopies = 300;
  for (int i = 0; i < kCopies; ++i) {
    CAPTURE(i);
    const std::string copy = damaged(bytes_of_good, random);
    const auto path = folder.write("copy", copy);
    try {
      const std::string said = said_by(path);
      CHECK(said == expected);
    } catch (const UserError& error) {
      ++refused;
      CHECK(mentions(error.what(), {path.string()}));
    }
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      fs::remove(path.string() + suffix);
    }
  }
  // The rest fell on bytes that say nothing, or changed none.
  MESSAGE(refused, " of ", kCopies, " were refused");
  CHECK(refused > kCopies / 2);
}

TEST_CASE("damage: each value of each table has a checksum") {
  const TemporaryFolder folder;
  for (const char* sql :
       {"UPDATE score SET value = 2 WHERE value = 1",
        "UPDATE score SET value = 1.0000000000000002 WHERE value = 1",
        "UPDATE score SET seconds = seconds * 2",
        "UPDATE score SET seconds = NULL",
        "UPDATE score SET reason = reason || ' '",
        "UPDATE score SET status = 'degenerate' WHERE status = 'failed'",
        "UPDATE score SET checksum = checksum + 1",
        "UPDATE architecture SET spec = spec || 'x'",
        "UPDATE architecture SET position = 1 - position",
        "UPDATE proxy SET name = 'zicp' WHERE name = 'zico'",
        "UPDATE run SET command = 'zcp score'",
        "UPDATE run SET ended = '2030-01-01T00:00:00Z'",
        "UPDATE run SET threads = threads + 1",
        "UPDATE protocol SET value = 1 WHERE field = 'seed'",
        "UPDATE meta SET value = 7 WHERE key = 'next_position'"}) {
    CAPTURE(sql);
    const fs::path path = folder.path() / "s";
    fs::remove(path);
    store_of(
        path,
        {score("a", "zico", 1),
         score("b", "params", 3),
         {"b", "zico", ScoreStatus::failed, kNone, "why", 1}});
    changed(path, sql);
    CHECK(mentions(
        refusal(path), {path.string(), "is damaged", "match their checksum"}));
    CHECK(mentions(user_error([&] { open(path); }), {"is damaged"}));
    const std::vector<fs::path> inputs = {path};
    CHECK(mentions(
        user_error([&] { merge_stores(folder.path() / "out", inputs); }),
        {"is damaged"}));
    CHECK(files_in(folder.path()) == 1);
  }
}

TEST_CASE("damage: rows that are gone, or one too many") {
  const TemporaryFolder folder;
  for (const char* sql :
       {"DELETE FROM score WHERE value = 1",
        "DELETE FROM score",
        "DELETE FROM protocol WHERE field = 'seed'",
        "DELETE FROM meta WHERE key = 'next_position'",
        "INSERT INTO score SELECT a.id, p.id, run_id, status, value, reason,"
        " seconds, 0 FROM score, architecture AS a, proxy AS p WHERE true"
        " ON CONFLICT DO NOTHING",
        "DELETE FROM digest WHERE name = 'run'",
        "UPDATE digest SET rows = rows + 1 WHERE name = 'score'",
        "UPDATE digest SET total = total + 1 WHERE name = 'score'"}) {
    CAPTURE(sql);
    const fs::path path = folder.path() / "s";
    fs::remove(path);
    store_of(path, {score("a", "zico", 1), score("b", "params", 3)});
    changed(path, sql);
    CHECK(mentions(refusal(path), {path.string(), "is damaged"}));
  }
}

TEST_CASE("damage: an index that contradicts its table") {
  const TemporaryFolder folder;
  const auto path =
      store_of(folder.path() / "s", {score("arch-one", "zico", 1)});
  std::string content = bytes(path);
  // The spec stands in the table and in the index, in this order.
  const std::size_t second = content.rfind("arch-one");
  REQUIRE(second != content.find("arch-one"));
  content.replace(second, 8, "arch-two");
  CHECK(mentions(
      refusal(folder.write("s", content)), {"is damaged", "architecture"}));
}

TEST_CASE("hostile: views, triggers and foreign tables are refused at once") {
  const TemporaryFolder folder;
  const std::string endless =
      " AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
      " SELECT x AS id, x AS spec, x AS position, x AS checksum FROM c";
  for (const std::string& sql :
       {"PRAGMA legacy_alter_table = ON;"
        "ALTER TABLE architecture RENAME TO other;"
        "CREATE VIEW architecture" +
            endless,
        "DROP TABLE digest; CREATE VIEW digest" + endless,
        "DROP TABLE meta; CREATE VIEW meta" + endless,
        "DROP VIEW scores; CREATE VIEW scores" + endless,
        std::string("CREATE TRIGGER t AFTER UPDATE ON run BEGIN"
                    " DELETE FROM score; END"),
        std::string("CREATE TABLE photos (id)"),
        std::string("CREATE INDEX extra ON score (value)"),
        std::string("ALTER TABLE score ADD COLUMN extra"),
        std::string("ALTER TABLE run RENAME COLUMN host TO machine"),
        std::string("DROP VIEW scores"),
        std::string("ANALYZE")}) {
    CAPTURE(sql);
    const fs::path path = folder.path() / "s";
    fs::remove(path);
    store_of(path, {score("a", "zico", 1)});
    changed(path, sql);
    CHECK(mentions(refusal(path), {path.string(), "not those that zcp makes"}));
    CHECK(mentions(
        user_error([&] { open(path); }), {"not those that zcp makes"}));
  }
}

TEST_CASE("hostile: a text that no store holds is not read into memory") {
  const TemporaryFolder folder;
  const auto path = store_of(folder.path() / "s", {score("a", "zico", 1)});
  const std::string before = bytes(path);
  sqlite3* plain = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &plain) == SQLITE_OK);
  const std::string sql = fmt::format(
      "UPDATE architecture SET spec = CAST(zeroblob({}) AS TEXT)",
      sqlite::kLongestValue + 1);
  CHECK(
      sqlite3_exec(plain, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(plain);
  CHECK(mentions(refusal(path), {path.string(), "damaged"}));
}

TEST_CASE("damage: version 1 is checked for what its tables say") {
  const TemporaryFolder folder;
  const auto golden = zcp::test::golden("store_v1.sqlite");
  CHECK_FALSE(ScoreStore::read(golden).has_checksums());
  for (const auto& [sql, what] :
       std::vector<std::pair<const char*, const char*>>{
           {"UPDATE score SET run_id = 7", "no architecture, proxy or run"},
           {"DELETE FROM proxy WHERE id = 3", "no architecture, proxy or run"},
           {"INSERT INTO run SELECT 2, version, command, host, cpu, libtorch,"
            " blas, threads, started, ended FROM run",
            "a run without scores"},
           {"UPDATE score SET value = 9e999 WHERE value > 1e9", "no number"},
           {"UPDATE score SET value = 'x' WHERE value > 1e9", "no number"},
           {"UPDATE score SET seconds = -1 WHERE seconds > 0", "a time"},
           {"UPDATE score SET reason = x'00'", "a reason"},
           {"UPDATE architecture SET position = 3", "an architecture"},
           {"UPDATE architecture SET spec = x'00' WHERE id = 1",
            "an architecture"},
           {"UPDATE proxy SET name = '' WHERE id = 1", "a proxy"},
           {"UPDATE meta SET value = 'x' WHERE key = 'next_position'",
            "is damaged"},
           {"UPDATE run SET started = '2026-11-32T10:16:00Z'", "a run whose"},
           {"UPDATE run SET ended = '2025-11-22T10:16:00Z'", "a run whose"},
           {"UPDATE run SET threads = 0", "a run whose"}}) {
    CAPTURE(sql);
    const fs::path path = folder.path() / "s";
    fs::copy_file(golden, path, fs::copy_options::overwrite_existing);
    changed(path, sql);
    CHECK(mentions(refusal(path), {path.string(), "is damaged", what}));
  }
}

TEST_CASE("damage: the stores that were seen to go wrong") {
  const auto cases = zcp::test::shared("cases");
  if (zcp::test::absent(cases)) return;
  const TemporaryFolder folder;  // SQLite may want to write beside a file
  const auto copy = [&](const char* name) {
    fs::copy_file(
        cases / name,
        folder.path() / "s",
        fs::copy_options::overwrite_existing);
    return folder.path() / "s";
  };
  const auto good = ScoreStore::read(copy("store_damaged/good.sqlite"));
  CHECK(good.size() == 180);
  CHECK(good.find()[0].value == 44610);
  CHECK(mentions(
      refusal(copy("store_damaged/half_the_rows.sqlite")), {"is damaged"}));
  for (const char* name : {"hang", "mem", "trig"}) {
    CHECK(mentions(
        refusal(copy(fmt::format("store_hostile/{}.sqlite", name).c_str())),
        {"not those that zcp makes"}));
  }
}
