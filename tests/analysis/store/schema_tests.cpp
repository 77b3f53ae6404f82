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

constexpr const char* kAllSql =
    "SELECT group_concat(sql, ';') FROM"
    " (SELECT sql FROM sqlite_schema ORDER BY name)";

std::string schema_of(const fs::path& path) {
  const sqlite::Database plain(path, sqlite::Access::read, milliseconds(0));
  return plain.query(kAllSql);
}

}  // namespace

TEST_CASE("score store: another schema version is refused") {
  const TemporaryFolder folder;
  const auto path =
      store_of(folder.path() / "s.sqlite", {score("a", "zico", 1)});
  sqlite::Database(path, sqlite::Access::write, milliseconds(0))
      .execute("UPDATE meta SET value = 99 WHERE key = 'schema_version'");
  const std::string before = bytes(path);
  const std::vector<std::string> parts = {
      "s.sqlite", "version 99", "version 2"};
  CHECK(mentions(user_error([&] { open(path); }), parts));
  CHECK(mentions(user_error([&] { ScoreStore::read(path); }), parts));
  CHECK(bytes(path) == before);
}

namespace {

/// What both golden stores hold.
void check_golden_rows(const ScoreStore& store) {
  const auto found = store.find();
  REQUIRE(found.size() == 6);
  CHECK(found[0].proxy == "zico");
  CHECK(same_bits(found[0].value, 57.123456789012347));
  CHECK(same_bits(found[1].value, 1e61));
  CHECK(found[2].value == 1074970);
  CHECK(same_bits(found[3].value, 5e-324));
  CHECK(found[4].status == ScoreStatus::degenerate);
  CHECK(found[4].reason == "no gradient reaches a layer");
  CHECK(found[5].status == ScoreStatus::failed);
  CHECK(found[0].seconds == 0.125);
  CHECK(store.protocol().at("batch_size") == "64");
  const auto runs = store.runs();
  REQUIRE(!runs.empty());
  CHECK(runs[0].provenance.cpu == "a processor");
  CHECK(runs[0].ended == "2026-11-22T10:16:09Z");
}

}  // namespace

TEST_CASE(
    "score store: golden stores of every version are read and continued") {
  for (const std::string name : {"store_v1.sqlite", "store_v2.sqlite"}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    const auto golden = zcp::test::golden(name);
    CHECK(fs::file_size(golden) < 20000);
    const ScoreStore old = ScoreStore::read(golden);
    check_golden_rows(old);
    CHECK(old.runs().size() == 1);
    CHECK(old.has_checksums() == (name == "store_v2.sqlite"));

    const auto copy = folder.path() / "copy.sqlite";
    fs::copy_file(golden, copy);
    {
      ScoreStore store = ScoreStore::open(copy, old.protocol(), provenance());
      CHECK(store.has_checksums());
      put(store, score("new", "zico", 1));
      CHECK(store.runs().size() == 2);
      CHECK(store.archs().back() == "new");
    }
    const ScoreStore continued = ScoreStore::read(copy);
    CHECK(continued.has_checksums());
    CHECK(continued.size() == 7);
    CHECK(continued.archs().back() == "new");
    CHECK(files_in(folder.path()) == 1);
  }
}

TEST_CASE("score store: version 1 stays as it is when it is not taken") {
  const TemporaryFolder folder;
  const auto copy = folder.path() / "s.sqlite";
  fs::copy_file(zcp::test::golden("store_v1.sqlite"), copy);
  const std::string before = bytes(copy);
  CHECK_FALSE(user_error([&] { open(copy); }).empty());  // another protocol
  ScoreStore::read(copy);
  CHECK(bytes(copy) == before);
}

TEST_CASE("score store: version 1 is turned into version 2 whole or not") {
  const TemporaryFolder folder;
  const auto copy = folder.path() / "s.sqlite";
  fs::copy_file(zcp::test::golden("store_v1.sqlite"), copy);
  sqlite::Database database =
      connect(copy, sqlite::Access::write, milliseconds(0));
  {
    sqlite::Transaction transaction(database);
    migrate(database);
  }
  CHECK(schema_of(copy) == schema_of(zcp::test::golden("store_v1.sqlite")));
  check_golden_rows(ScoreStore::read(copy));
  {
    sqlite::Transaction transaction(database);
    migrate(database);
    migrate(database);
    transaction.commit();
  }
  CHECK(schema_of(copy) == schema_of(zcp::test::golden("store_v2.sqlite")));
  check_golden_rows(ScoreStore::read(copy));
}

TEST_CASE("score store: a change of the schema needs a new version") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  open(path);
  CHECK(schema_of(path) == schema_of(zcp::test::golden("store_v2.sqlite")));
  sqlite::Database old = sqlite::Database::in_memory();
  old.execute(schema_of_version(1));
  CHECK(old.query(kAllSql) == schema_of(zcp::test::golden("store_v1.sqlite")));
}
