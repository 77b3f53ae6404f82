#include <fmt/format.h>

#include <cmath>
#include <set>
#include <thread>

#include "analysis/store/score_store.h"
#include "analysis/store/sqlite.h"
#include "common/atomic_file.h"
#include "tests/analysis/store/make_store.h"

namespace {

using namespace zcp;
using namespace zcp::store;
using namespace zcp::test;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

}  // namespace

TEST_CASE("score store: what was put is found, bit for bit") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  const std::vector<double> values = {
      0.1,
      -1.0 / 3,
      0.0,
      272474,
      -7,
      1e61,
      -1e300,
      5e-324,
      -2.5e-310,
      9007199254740993.0,
      1e18,
      1.7976931348623157e308,
      std::nextafter(1.0, 2.0)};
  std::vector<ScoreRecord> records;
  for (std::size_t i = 0; i < values.size(); ++i) {
    records.push_back(score(fmt::format("arch {}", i), "zico", values[i]));
  }
  CHECK(open(path).put(records) == values.size());

  const auto found = ScoreStore::read(path).find();
  REQUIRE(found.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(found[i].arch == records[i].arch);
    CHECK(found[i].proxy == "zico");
    CHECK(same_bits(found[i].value, values[i]));
    CHECK(found[i].seconds == 0.25);
  }
}

TEST_CASE("score store: negative zero becomes zero") {
  const TemporaryFolder folder;
  const auto path = store_of(folder.path() / "s", {score("a", "zico", -0.0)});
  CHECK(same_bits(ScoreStore::read(path).find()[0].value, 0.0));
}

TEST_CASE("score store: a score that is not there has a reason") {
  const TemporaryFolder folder;
  const std::vector<ScoreRecord> records = {
      {"a", "naswot", ScoreStatus::degenerate, kNone, "singular kernel", 1},
      {"a", "zico", ScoreStatus::failed, kNone, "it's \"odd\", naïve", kNone},
      {"a", "synflow", ScoreStatus::degenerate, 5, "value is ignored", 0}};
  const auto path = store_of(folder.path() / "s.sqlite", records);
  const auto found = ScoreStore::read(path).find();
  REQUIRE(found.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(found[i].status == records[i].status);
    CHECK(found[i].reason == records[i].reason);
    CHECK(std::isnan(found[i].value));
  }
  CHECK(std::isnan(found[1].seconds));
}

TEST_CASE("score store: ok without a finite value is a bug of the caller") {
  const TemporaryFolder folder;
  ScoreStore store = open(folder.path() / "s.sqlite");
  for (const double value : {kNone, std::numeric_limits<double>::infinity()}) {
    const std::vector<ScoreRecord> records = {
        score("a", "params", 1), score("a", "zico", value)};
    CHECK_THROWS_AS(store.put(records), std::invalid_argument);
  }
  CHECK(store.size() == 0);
}

TEST_CASE("score store: a rerun overwrites nothing and leaves no run") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  store_of(path, {score("a", "zico", 1)});
  ScoreStore store = open(path);
  CHECK(store.put(std::vector{score("a", "zico", 2)}) == 0);
  CHECK(store.find()[0].value == 1);
  CHECK(store.runs().size() == 1);
  CHECK(
      store.put(std::vector{score("a", "zico", 3), score("b", "zico", 4)}) ==
      1);
  CHECK(store.find()[0].value == 1);
  CHECK(store.runs().size() == 2);
  CHECK(store.put({}) == 0);
}

TEST_CASE("score store: has and find") {
  const TemporaryFolder folder;
  ScoreStore store = open(folder.path() / "s.sqlite");
  store.put(std::vector{
      score("a", "params", 1),
      score("a", "zico", 2),
      score("b", "params", 3),
      ScoreRecord{"b", "zico", ScoreStatus::failed, kNone, "why", 0}});
  CHECK(store.has("a", "zico"));
  CHECK(store.has("b", "zico"));
  CHECK_FALSE(store.has("c", "zico"));
  CHECK_FALSE(store.has("a", "naswot"));
  CHECK(store.size() == 4);

  const std::vector<std::string> archs = {"b", "nowhere", "a"};
  const std::vector<std::string> proxies = {"zico"};
  const auto found = store.find(archs, proxies);
  REQUIRE(found.size() == 2);
  CHECK(found[0].arch == "b");
  CHECK(found[1].arch == "a");
  CHECK(store.find({}, proxies).size() == 2);
  CHECK(store.find(archs).size() == 4);
}

TEST_CASE("score store: order is that of asking, whatever came first") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  ScoreStore store = open(path);
  const std::vector<std::string> archs = {"c", "a", "d", "b"};
  const std::vector<std::string> proxies = {"zico", "params"};
  store.declare(proxies, archs);
  store.put(std::vector{
      score("b", "params", 1), score("d", "zico", 2), score("c", "zico", 3)});
  put(store, score("undeclared", "naswot", 4));
  CHECK(store.archs() == std::vector<std::string>{"c", "d", "b", "undeclared"});
  CHECK(
      store.proxies() == std::vector<std::string>{"zico", "params", "naswot"});

  store.declare(proxies, std::vector<std::string>{"z", "b", "y"});
  store.put(std::vector{score("y", "zico", 5), score("z", "zico", 6)});
  const std::vector<std::string> order = {
      "c", "d", "b", "undeclared", "z", "y"};
  CHECK(store.archs() == order);
  CHECK(store.table().arch == order);
}

TEST_CASE("score store: each score knows its run") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  store_of(path, {score("a", "zico", 1), score("b", "zico", 1)});
  store_of(path, {score("c", "zico", 1)});
  const auto runs = ScoreStore::read(path).runs();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].scores == 2);
  CHECK(runs[1].scores == 1);
  CHECK(runs[0].provenance.command == "zcp score --sample 2");
  CHECK(runs[0].provenance.cpu == provenance().cpu);
  CHECK(runs[0].provenance.threads == 2);
  CHECK(runs[0].started.size() == 20);
  CHECK(runs[0].started <= runs[0].ended);
  sqlite::Database plain(path, sqlite::Access::read, milliseconds(0));
  CHECK(plain.query("SELECT run FROM scores WHERE arch = 'c'") == "2");
}

TEST_CASE("score store: data that only some runs read are no difference") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  Protocol with_data = protocol();
  with_data["data"] = "0123456789abcdef";
  Protocol other_data = protocol();
  other_data["data"] = "fedcba9876543210";
  ScoreStore::open(path, protocol(), provenance());
  CHECK(
      ScoreStore::open(path, with_data, provenance()).protocol() == with_data);
  CHECK(ScoreStore::read(path).protocol() == with_data);
  CHECK(
      ScoreStore::open(path, protocol(), provenance()).protocol() == with_data);
  const std::string error =
      user_error([&] { ScoreStore::open(path, other_data, provenance()); });
  CHECK(error.find("data") != std::string::npos);
}

TEST_CASE("score store: reading and a second writer while one writes") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  ScoreStore store = open(path);
  put(store, score("a", "zico", 1));
  const ScoreStore reader = ScoreStore::read(path);
  CHECK(reader.size() == 1);
  ScoreStore second = open(path);
  put(second, score("b", "zico", 2));
  put(store, score("c", "zico", 3));
  CHECK(reader.size() == 3);
  CHECK(second.find().size() == 3);
}

TEST_CASE("score store: when closed it is one file that may be copied") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  {
    ScoreStore store = open(path);
    put(store, score("a", "zico", 1));
    CHECK(fs::exists(path.string() + "-wal"));
  }
  CHECK(files_in(folder.path()) == 1);
  fs::copy_file(path, folder.path() / "copy.sqlite");
  CHECK(ScoreStore::read(folder.path() / "copy.sqlite").size() == 1);
}

TEST_CASE("score store: several threads put") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  ScoreStore store = open(path);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        put(store, score(fmt::format("{}/{}", t, i), "zico", i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(store.size() == 100);
  CHECK(store.runs().size() == 1);
}

TEST_CASE("score store: kills lose nothing that was committed") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  std::vector<int> reported;
  for (int life = 0; life < 12; ++life) {
    // From before the store is there to amid hundreds of commits.
    reported.push_back(live_and_die(path, life, 500 + 20000 * life));
    if (!fs::exists(path)) continue;
    std::vector<int> stored(reported.size());
    for (const ScoreRecord& record : ScoreStore::read(path).find()) {
      ++stored[static_cast<std::size_t>(std::stoi(record.arch))];
    }
    for (std::size_t i = 0; i < reported.size(); ++i) {
      CHECK(stored[i] % kBatch == 0);
      CHECK(stored[i] >= reported[i] * kBatch);
      CHECK(stored[i] <= (reported[i] + 1) * kBatch);
    }
  }
  CHECK(reported.back() > 0);
  open(path);
  sqlite::Database plain(path, sqlite::Access::read, milliseconds(0));
  CHECK(plain.query("PRAGMA integrity_check") == "ok");
  CHECK(plain.query("PRAGMA foreign_key_check").empty());
}

TEST_CASE("check_destination: refuses what could not be written") {
  const TemporaryFolder folder;
  const fs::path store = folder.write("s.sqlite", "x");
  check_destination("-", store);
  check_destination(folder.path() / "new.csv", store);
  check_destination("/dev/null", store);
  CHECK_FALSE(user_error([&] { check_destination(store, store); }).empty());
  const fs::path same = folder.path() / "." / "s.sqlite";
  CHECK_FALSE(user_error([&] { check_destination(same, store); }).empty());
  const fs::path nowhere = folder.path() / "none" / "x.csv";
  CHECK_FALSE(user_error([&] { check_destination(nowhere, {}); }).empty());
  CHECK(fs::file_size(store) == 1);
  CHECK_FALSE(fs::exists(folder.path() / "new.csv"));
}

TEST_CASE("write_output: a file appears complete or not at all") {
  const TemporaryFolder folder;
  const auto path = folder.write("out.csv", "old");
  const auto fail = [](std::ostream& out) {
    out << "half";
    throw std::runtime_error("broke off");
  };
  CHECK_THROWS_AS(write_output(path.string(), fail), std::runtime_error);
  CHECK(bytes(path) == "old");
  write_output(path.string(), [](std::ostream& out) { out << "new"; });
  CHECK(bytes(path) == "new");
  CHECK(files_in(folder.path()) == 1);
  fs::create_symlink(path, folder.path() / "link.csv");
  write_output((folder.path() / "link.csv").string(), [](std::ostream& out) {
    out << "through";
  });
  CHECK(bytes(path) == "through");
  write_output("/dev/null", [](std::ostream& out) { out << "gone"; });
  CHECK_FALSE(fs::is_regular_file("/dev/null"));
  CHECK(mentions(
      user_error([&] { write_output(folder.path().string(), fail); }),
      {"is a folder"}));
}
