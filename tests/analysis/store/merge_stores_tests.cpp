#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/store/merge_stores.h"
#include "tests/analysis/store/make_store.h"

namespace {

using namespace zcp;
using namespace zcp::store;
using namespace zcp::test;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

}  // namespace

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

TEST_CASE("merge: stores of version 1 give one of version 2") {
  const TemporaryFolder folder;
  const auto golden = zcp::test::golden("store_v1.sqlite");
  const auto out = folder.path() / "out";
  const std::vector<fs::path> inputs = {
      golden, zcp::test::golden("store_v2.sqlite")};
  CHECK(merge_stores(out, inputs).scores == 6);
  CHECK(ScoreStore::read(out).has_checksums());

  const auto old = folder.path() / "old";
  fs::copy_file(golden, old);
  const auto more = folder.path() / "more";
  ScoreStore::open(more, ScoreStore::read(golden).protocol(), provenance())
      .put(std::vector{score("new", "zico", 1)});
  const std::vector<fs::path> both = {old, more};
  CHECK(merge_stores(old, both).added == 1);
  const ScoreStore merged = ScoreStore::read(old);
  CHECK(merged.has_checksums());
  CHECK(merged.size() == 7);
  REQUIRE(merged.archs().size() == 3);
  // It is the first of its own store, and goes behind the first of the other.
  CHECK(merged.archs()[1] == "new");
}

TEST_CASE("merge: into a store that knew no data, its data is known") {
  const TemporaryFolder folder;
  const auto out = store_of(folder.path() / "out", {score("a", "params", 1)});
  Protocol with_data = protocol();
  with_data["data"] = "0123456789abcdef";
  const auto more = folder.path() / "more";
  ScoreStore::open(more, with_data, provenance())
      .put(std::vector{score("a", "zico", 1)});
  const std::vector<fs::path> inputs = {out, more};
  CHECK(merge_stores(out, inputs).added == 1);
  CHECK(ScoreStore::read(out).protocol() == with_data);
}

TEST_CASE("merge: a signal ends it and leaves nothing unfinished behind") {
  const TemporaryFolder folder;
  std::vector<ScoreRecord> records;
  for (int i = 0; i < 5000; ++i) {
    records.push_back(score(fmt::format("{:040}", i), "zico", i));
  }
  const std::vector<fs::path> inputs = {
      store_of(folder.path() / "in", records),
      store_of(folder.path() / "on", records)};
  const fs::path out = folder.path() / "out";
  const auto unfinished = [&] {
    return std::ranges::count_if(
        fs::directory_iterator(folder.path()), [](const auto& entry) {
          return entry.path().string().find(".tmp") != std::string::npos;
        });
  };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::signal(signal, SIG_DFL);
      for (;;) {
        try {
          merge_stores(out, inputs);
        } catch (...) {
          _exit(1);
        }
        fs::remove(out);
      }
    }
    while (unfinished() == 0) usleep(200);
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal);
    CHECK(unfinished() == 0);
    fs::remove(out);
  }
}
