#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <thread>

#include "analysis/store/merge_stores.h"
#include "analysis/store/read_scores.h"
#include "analysis/store/score_store.h"
#include "analysis/store/sqlite.h"
#include "common/atomic_file.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp;
using namespace zcp::store;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

const double kNone = std::numeric_limits<double>::quiet_NaN();

Protocol protocol(const std::string& batch_size = "64") {
  return {{"batch_size", batch_size}, {"seed", "0"}, {"space", "nats-tss"}};
}

Provenance provenance() {
  Provenance made = this_machine();
  made.version = "0.1.0";
  made.command = "zcp score --sample 2";
  made.libtorch = "1.13.1";
  made.blas = "openblas";
  made.threads = 2;
  return made;
}

ScoreStore open(const fs::path& path) {
  return ScoreStore::open(path, protocol(), provenance());
}

ScoreRecord
score(const std::string& arch, const std::string& proxy, double value) {
  return {arch, proxy, ScoreStatus::ok, value, "", 0.25};
}

void put(ScoreStore& store, const ScoreRecord& record) {
  store.put({&record, 1});
}

fs::path store_of(
    const fs::path& path,
    const std::vector<ScoreRecord>& records) {
  open(path).put(records);
  return path;
}

std::string bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), {}));
}

bool mentions(const std::string& text, const std::vector<std::string>& parts) {
  bool all = !text.empty() && text.find('\n') == std::string::npos;
  for (const std::string& part : parts) {
    all = all && text.find(part) != std::string::npos;
  }
  if (!all) MESSAGE(text);
  return all;
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

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

TEST_CASE("score store: a table with gaps, read_scores of store and CSV") {
  const TemporaryFolder folder;
  const auto path = store_of(
      folder.path() / "s.sqlite",
      {score("a", "zico", 1.5),
       score("b", "params", 2),
       {"b", "zico", ScoreStatus::degenerate, kNone, "why", 0}});
  const auto table = read_scores(path);
  CHECK(table.source == path.string());
  CHECK(table.arch == std::vector<std::string>{"a", "b"});
  CHECK(table.columns == std::vector<std::string>{"zico", "params"});
  CHECK(table.values[0][0] == 1.5);
  CHECK(std::isnan(table.values[0][1]));
  CHECK(std::isnan(table.values[1][0]));
  CHECK(table.values[1][1] == 2);

  const std::vector<std::string> wanted = {"params"};
  CHECK(read_scores(path, wanted).columns == wanted);
  CHECK(read_scores(path, wanted).values[0][1] == 2);
  const std::vector<std::string> unknown = {"zicoo"};
  CHECK(mentions(
      user_error([&] { read_scores(path, unknown); }),
      {"zicoo", "did you mean zico", "zico, params"}));

  const auto csv = folder.write("s.csv", "arch,zico\na,1.5\nb,\n");
  CHECK(read_scores(csv).values[0][0] == 1.5);
  CHECK(std::isnan(read_scores(csv).values[0][1]));
  CHECK(mentions(
      user_error([&] { read_scores(folder.path() / "none.csv"); }),
      {"none.csv"}));
  open(folder.path() / "empty.sqlite");
  CHECK(mentions(
      user_error([&] { read_scores(folder.path() / "empty.sqlite"); }),
      {"empty.sqlite holds no scores"}));
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

TEST_CASE("score store: the log of a deleted store is not taken over") {
  const TemporaryFolder folder;
  folder.write("s.sqlite-wal", "old");
  CHECK(mentions(
      user_error([&] { open(folder.path() / "s.sqlite"); }),
      {"s.sqlite-wal", "remove it"}));
  CHECK(files_in(folder.path()) == 1);
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

// Killing ---------------------------------------------------------------------

namespace {

constexpr int kBatch = 20;

/// Puts batches until it is killed and reports each to `report` once put()
/// has returned. Never returns.
[[noreturn]] void
write_until_killed(const fs::path& path, int life, int report) {
  try {
    ScoreStore store = open(path);
    for (int batch = 0;; ++batch) {
      std::vector<ScoreRecord> records;
      for (int i = 0; i < kBatch; ++i) {
        records.push_back(score(
            fmt::format("{}/{}/{}", life, batch, i),
            "zico",
            batch + 1.0 / (i + 1)));
      }
      store.put(records);
      if (write(report, &batch, sizeof batch) != sizeof batch) break;
    }
  } catch (...) {
  }
  _exit(1);
}

/// Puts one score as a process of its own would.
[[noreturn]] void put_and_exit(const fs::path& path, const std::string& arch) {
  int status = 0;
  try {
    ScoreStore store = open(path);
    put(store, score(arch, "zico", 1));
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    status = 1;
  }
  _exit(status);
}

/// Starts a writer, kills it after a while and returns how many batches it
/// had reported.
int live_and_die(const fs::path& path, int life, int microseconds) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) write_until_killed(path, life, ends[1]);
  close(ends[1]);
  usleep(static_cast<useconds_t>(microseconds));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  int batches = 0;
  int batch = 0;
  while (read(ends[0], &batch, sizeof batch) == sizeof batch) ++batches;
  close(ends[0]);
  return batches;
}

}  // namespace

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
        " WHERE i < 9999) INSERT INTO architecture SELECT i, i, i FROM n");
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

TEST_CASE("score store: several processes create one store") {
  constexpr int kProcesses = 8;
  for (int round = 0; round < 5; ++round) {
    const TemporaryFolder folder;
    const fs::path path = folder.path() / "s.sqlite";
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
      const pid_t child = fork();
      REQUIRE(child >= 0);
      if (child == 0) put_and_exit(path, fmt::format("a{}", i));
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = 0;
      waitpid(child, &status, 0);
      CHECK(status == 0);
    }
    CHECK(ScoreStore::read(path).size() == kProcesses);
    CHECK(files_in(folder.path()) == 1);
  }
}

// Merging ---------------------------------------------------------------------

TEST_CASE("merge: shards make the whole, in the order of the whole") {
  const TemporaryFolder folder;
  std::vector<std::string> archs;
  for (int i = 0; i < 50; ++i) archs.push_back(fmt::format("a{}", i * 37 % 50));
  const std::vector<std::string> proxies = {"zico", "params"};
  const auto value = [](const std::string& arch, const std::string& proxy) {
    return std::stod(arch.substr(1)) / 3 + static_cast<double>(proxy.size());
  };
  const auto make = [&](const std::string& name, int shard, int shards) {
    const auto mine = [&](std::size_t i) {
      return shards == 1 || static_cast<int>(i * 7 % 3) == shard;
    };
    ScoreStore store = open(folder.path() / name);
    store.declare(proxies, archs, mine);
    for (std::size_t i = archs.size(); i-- > 0;) {
      if (!mine(i)) continue;
      for (const auto& proxy : proxies) {
        put(store, score(archs[i], proxy, value(archs[i], proxy)));
      }
    }
    return folder.path() / name;
  };
  const std::vector<fs::path> shards = {
      make("2", 2, 3), make("0", 0, 3), make("1", 1, 3)};
  const auto whole = make("whole", 0, 1);
  const auto out = folder.path() / "out %?#.sqlite";
  const MergeSummary summary = merge_stores(out, shards);
  CHECK(summary.architectures == 50);
  CHECK(summary.scores == 100);
  CHECK(summary.added == 100);

  const auto merged = ScoreStore::read(out);
  const auto expected = ScoreStore::read(whole);
  CHECK(merged.protocol() == protocol());
  CHECK(merged.archs() == archs);
  CHECK(merged.proxies() == proxies);
  CHECK(merged.table().values == expected.table().values);
  CHECK(merged.runs().size() == 3);
  CHECK(
      merged.runs()[0].scores + merged.runs()[1].scores +
          merged.runs()[2].scores ==
      100);
  CHECK(files_in(folder.path()) == 5);
  CHECK_NOTHROW(open(out));
}

TEST_CASE("merge: what agrees is kept once, with the first run") {
  const TemporaryFolder folder;
  const ScoreRecord dead = {
      "c", "zico", ScoreStatus::degenerate, kNone, "no ReLU", 1};
  const std::vector<fs::path> inputs = {
      store_of(folder.path() / "1", {score("a", "zico", 0.1), dead}),
      store_of(
          folder.path() / "2",
          {score("a", "zico", 0.1), dead, score("b", "zico", 2)}),
      store_of(folder.path() / "3", {score("b", "zico", 2)}),
      folder.path() / "1"};
  const auto out = folder.path() / "out";
  CHECK(merge_stores(out, inputs).scores == 3);
  const auto merged = ScoreStore::read(out);
  CHECK(merged.archs() == std::vector<std::string>{"a", "c", "b"});
  CHECK(merged.find()[1].reason == "no ReLU");
  CHECK(merged.runs().size() == 2);
}

TEST_CASE("merge: a difference is refused and nothing is left behind") {
  const TemporaryFolder folder;
  const auto one = store_of(
      folder.path() / "one", {score("a", "zico", 1), score("b", "zico", 0.1)});
  const auto two = store_of(folder.path() / "two", {score("c", "zico", 3)});
  const auto off = store_of(
      folder.path() / "off", {score("b", "zico", std::nextafter(0.1, 1.0))});
  const auto gone = store_of(
      folder.path() / "gone",
      {{"b", "zico", ScoreStatus::failed, kNone, "why", 1}});
  const auto out = folder.path() / "out";
  const auto refusal = [&](const fs::path& to, std::vector<fs::path> inputs) {
    return user_error([&] { merge_stores(to, inputs); });
  };
  CHECK(mentions(
      refusal(out, {one, two, off}),
      {"zico of b",
       "0.10000000000000001 in " + one.string(),
       "0.10000000000000002 in " + off.string()}));
  CHECK(mentions(
      refusal(out, {gone, two, one}),
      {"failed in " + gone.string(),
       "0.10000000000000001 in " + one.string()}));
  CHECK(files_in(folder.path()) == 4);

  const std::string before = bytes(one);
  CHECK(mentions(
      refusal(one, {two, one, off}), {"in " + one.string(), off.string()}));
  CHECK(mentions(refusal(one, {two}), {one.string(), "exists already"}));
  CHECK(bytes(one) == before);
  CHECK(files_in(folder.path()) == 4);
}

TEST_CASE("merge: protocols must agree, inputs must be stores") {
  const TemporaryFolder folder;
  const auto one = store_of(folder.path() / "one", {score("a", "zico", 1)});
  const auto two = folder.path() / "two";
  ScoreStore::open(two, protocol("128"), provenance());
  const auto out = folder.path() / "out";
  const auto refusal = [&](std::vector<fs::path> inputs) {
    return user_error([&] { merge_stores(out, inputs); });
  };
  CHECK(mentions(
      refusal({one, two}),
      {"batch_size", "'64' in " + one.string(), "'128' in " + two.string()}));
  CHECK(mentions(refusal({one, folder.path() / "no"}), {"no store", "/no"}));
  CHECK(mentions(
      refusal({one, folder.write("csv", "arch,zico\n")}),
      {"csv", "not a SQLite file"}));
  CHECK(mentions(refusal({}), {"no stores"}));
  CHECK_FALSE(fs::exists(out));
}

TEST_CASE("merge: into one of the inputs adds the others") {
  const TemporaryFolder folder;
  const auto out = store_of(folder.path() / "out", {score("a", "zico", 1)});
  const auto more = store_of(
      folder.path() / "more", {score("b", "zico", 2), score("a", "zico", 1)});
  const std::vector<fs::path> inputs = {more, out};
  ScoreStore busy = open(out);
  put(busy, score("z", "zico", 26));
  CHECK(merge_stores(out, inputs).added == 1);
  CHECK(merge_stores(out, inputs).added == 0);
  put(busy, score("y", "zico", 25));
  const auto merged = ScoreStore::read(out);
  CHECK(merged.archs() == std::vector<std::string>{"a", "z", "b", "y"});
  CHECK(merged.runs().size() == 3);
  CHECK(ScoreStore::read(more).size() == 2);
}

TEST_CASE("merge: reads what a killed writer left in its log") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "killed";
  const int batches = live_and_die(path, 0, 200000);
  REQUIRE(fs::exists(path.string() + "-wal"));
  const auto out = folder.path() / "out";
  const std::vector<fs::path> inputs = {path};
  CHECK(merge_stores(out, inputs).scores >= batches * kBatch);
  CHECK(ScoreStore::read(out).size() == ScoreStore::read(path).size());
}

// Older versions --------------------------------------------------------------

namespace {

std::string schema_of(const fs::path& path) {
  const sqlite::Database plain(path, sqlite::Access::read, milliseconds(0));
  return plain.query(
      "SELECT group_concat(sql, ';') FROM"
      " (SELECT sql FROM sqlite_schema ORDER BY name)");
}

}  // namespace

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

// Files -----------------------------------------------------------------------

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
