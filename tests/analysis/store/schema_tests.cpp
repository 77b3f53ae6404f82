#include "analysis/store/schema.h"
#include "analysis/store/sqlite.h"
#include "tests/analysis/store/make_store.h"

namespace {

using namespace zcp;
using namespace zcp::store;
using namespace zcp::test;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::string schema_of(const fs::path& path) {
  const sqlite::Database plain(path, sqlite::Access::read, milliseconds(0));
  return plain.query(
      "SELECT group_concat(sql, ';') FROM"
      " (SELECT sql FROM sqlite_schema ORDER BY name)");
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
      "s.sqlite", "version 99", "version 1"};
  CHECK(mentions(user_error([&] { open(path); }), parts));
  CHECK(mentions(user_error([&] { ScoreStore::read(path); }), parts));
  CHECK(bytes(path) == before);
}

TEST_CASE("score store: a store of schema version 1 is read and continued") {
  const TemporaryFolder folder;
  const auto golden = zcp::test::golden("store_v1.sqlite");
  CHECK(fs::file_size(golden) < 20000);
  const auto found = ScoreStore::read(golden).find();
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

  const auto copy = folder.path() / "copy.sqlite";
  fs::copy_file(golden, copy);
  const Protocol same = ScoreStore::read(golden).protocol();
  CHECK(same.at("batch_size") == "64");
  ScoreStore store = ScoreStore::open(copy, same, provenance());
  put(store, score("new", "zico", 1));
  CHECK(store.runs().size() == 2);
  CHECK(store.archs().back() == "new");
}

TEST_CASE("score store: a change of the schema needs a new version") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  open(path);
  CHECK(schema_of(path) == schema_of(zcp::test::golden("store_v1.sqlite")));
}
