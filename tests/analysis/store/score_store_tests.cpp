#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <set>
#include <thread>

#include "analysis/store/score_store.h"
#include "analysis/store/sqlite.h"
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

TEST_CASE("score store: failures give way when they are computed anew") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  const ScoreRecord failure = {
      "a", "zico", ScoreStatus::failed, kNone, "out of memory", 1};
  const ScoreRecord verdict = {
      "b", "zico", ScoreStatus::degenerate, kNone, "no ReLU", 1};
  store_of(path, {failure, verdict, score("c", "zico", 3)});
  const std::vector<ScoreRecord> anew = {
      score("a", "zico", 1), score("b", "zico", 2), score("c", "zico", 4)};
  {
    ScoreStore store = open(path);
    CHECK(store.put(anew) == 0);
    CHECK(store.put(anew, Existing::replace_failed) == 1);
    CHECK(store.put(anew, Existing::replace_failed) == 0);
  }
  const auto found = ScoreStore::read(path).find();
  REQUIRE(found.size() == 3);
  CHECK(found[0].value == 1);
  CHECK(found[0].reason.empty());
  CHECK(found[1].status == ScoreStatus::degenerate);
  CHECK(found[2].value == 3);
}

TEST_CASE("score store: a full disk leaves no half of a commit") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  store_of(path, {score("a", "zico", 1)});
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Writing beyond the limit then fails as on a full disk.
    signal(SIGXFSZ, SIG_IGN);
    ScoreStore store = open(path);
    put(store, score("b", "zico", 2));
    const rlimit limit = {160000, 160000};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::vector<ScoreRecord> many;
    for (int i = 0; i < 5000; ++i) {
      many.push_back(score(fmt::format("many {:050}", i), "zico", i));
    }
    int status = 1;
    try {
      store.put(many);
    } catch (const UserError&) {
    } catch (const std::runtime_error&) {
      put(store, score("c", "zico", 3));  // what fits is still taken
      status = store.size() == 3 ? 0 : 2;
    }
    store = open(folder.path() / "other");
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  const ScoreStore store = ScoreStore::read(path);
  CHECK(store.archs() == std::vector<std::string>{"a", "b", "c"});
  CHECK(store.runs().size() == 2);
}

namespace {

/// What put() says once the store is no longer where it was.
std::string put_error(ScoreStore& store, const ScoreRecord& record) {
  try {
    put(store, record);
  } catch (const UserError&) {
    return "a mistake of the user";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("score store: one that is deleted or renamed in use is saved") {
  for (const bool renamed : {false, true}) {
    const TemporaryFolder folder;
    const fs::path path = folder.path() / "s.sqlite";
    const fs::path rescued = path.string() + ".rescued";
    {
      ScoreStore store = open(path);
      put(store, score("a", "zico", 1));
      CHECK_NOTHROW(store.check_in_place());
      if (renamed) {
        fs::rename(path, folder.path() / "elsewhere");
      } else {
        for (const char* suffix : {"", "-wal", "-shm"}) {
          fs::remove(path.string() + suffix);
        }
      }
      for (const char* arch : {"b", "c"}) {
        CHECK(mentions(
            put_error(store, score(arch, "zico", 2)),
            {path.string(), "deleted or renamed", rescued.string()}));
      }
      CHECK_THROWS_AS(store.check_in_place(), std::runtime_error);
    }
    const ScoreStore saved = ScoreStore::read(rescued);
    CHECK(saved.archs() == std::vector<std::string>{"a", "b", "c"});
    CHECK(saved.protocol() == protocol());
    CHECK_FALSE(fs::exists(path));
    CHECK(files_in(folder.path()) == (renamed ? 2 : 1));
    if (renamed) {
      CHECK(ScoreStore::read(folder.path() / "elsewhere").size() == 1);
    }
  }
}

TEST_CASE("score store: one that is replaced in use leaves the other alone") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "s.sqlite";
  folder.write("s.sqlite.rescued", "something else");
  {
    ScoreStore store = open(path);
    put(store, score("a", "zico", 1));
    for (const char* suffix : {"", "-wal", "-shm"}) {
      fs::remove(path.string() + suffix);
    }
    ScoreStore other = open(path);
    put(other, score("z", "zico", 26));
    CHECK(mentions(
        put_error(store, score("b", "zico", 2)),
        {"replaced by another file", "s.sqlite.rescued-2"}));
    put(other, score("y", "zico", 25));
    CHECK(fs::exists(path.string() + "-wal"));
    store = open(folder.path() / "third");  // closes the first
    CHECK(fs::exists(path.string() + "-wal"));
    put(other, score("x", "zico", 24));
  }
  CHECK(
      ScoreStore::read(path).archs() ==
      std::vector<std::string>{"z", "y", "x"});
  CHECK(
      ScoreStore::read(path.string() + ".rescued-2").archs() ==
      std::vector<std::string>{"a", "b"});
  CHECK(bytes(path.string() + ".rescued") == "something else");
}

TEST_CASE(
    "score store: one whose folder is deleted in use is saved elsewhere") {
  const TemporaryFolder folder;
  const std::string name = fmt::format("zcp-test-{}-gone.sqlite", getpid());
  fs::create_directory(folder.path() / "gone");
  const fs::path rescued = fs::temp_directory_path() / (name + ".rescued");
  ScoreStore store = open(folder.path() / "gone" / name);
  put(store, score("a", "zico", 1));
  fs::remove_all(folder.path() / "gone");
  CHECK(mentions(
      put_error(store, score("b", "zico", 2)),
      {"deleted or renamed", rescued.string()}));
  store = open(folder.path() / "other");
  CHECK(
      ScoreStore::read(rescued).archs() == std::vector<std::string>{"a", "b"});
  fs::remove(rescued);
}
