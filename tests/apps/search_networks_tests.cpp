// `zcp search` by proxies, run as a process on noise.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/store/score_store.h"
#include "tests/support/program.h"

namespace {

using namespace zcp;
using namespace zcp::test;
using nlohmann::json;
using zcp::store::ScoreStore;

/// Small networks on noise.
const Strings kSmall = {
    "search",
    "--space",
    "nats-tss",
    "--task",
    "gaussian",
    "--batch-size",
    "4",
    "--cells",
    "1",
    "--channels",
    "4",
    "--quiet",
    "--by",
    "az_nas",
    "--max",
    "params=12000",
    "--algorithm",
    "evolution"};

Strings with_store(const TemporaryFolder& folder, const std::string& name) {
  return kSmall + Strings{
                      "--store",
                      folder.path() / (name + ".sqlite"),
                      "--csv",
                      folder.path() / (name + ".csv")};
}

std::string csv_of(const TemporaryFolder& folder, const std::string& name) {
  return read_file(folder.path() / (name + ".csv"));
}

/// Runs the program and kills it after so many milliseconds. Returns whether it
/// had come to its end before.
bool run_and_kill(const Strings& arguments, int milliseconds) {
  const std::string path = program();
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  REQUIRE(
      posix_spawn(
          &process, path.c_str(), &files, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&files);
  usleep(static_cast<useconds_t>(milliseconds) * 1000);
  kill(process, SIGKILL);
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status);
}

}  // namespace

TEST_CASE("search: workers change nothing, a store scores nothing twice") {
  const TemporaryFolder folder;
  const Strings more = {"--evaluations", "30"};
  output_of(with_store(folder, "one") + more + Strings{"--workers", "1"});
  output_of(with_store(folder, "two") + more + Strings{"--workers", "2"});
  const std::string csv = csv_of(folder, "one");
  CHECK(csv_of(folder, "two") == csv);
  CHECK(count_lines(csv) == 31);
  CHECK(csv.starts_with("arch,az_nas,params,step,on_front\n"));
  const std::string path = folder.path() / "one.sqlite";
  const auto stored = ScoreStore::read(path).size();
  CHECK(ScoreStore::read(path).archs().size() == 30);
  // The same again, with longer progress: all is in the store.
  Strings loud = with_store(folder, "one") + more;
  std::erase(loud, "--quiet");
  const Finished again = run_zcp(loud);
  CHECK(again.err.find(" 0 scores computed") != std::string::npos);
  CHECK(csv_of(folder, "one") == csv);
  CHECK(ScoreStore::read(path).size() == stored);
  // A longer search begins with them.
  const Finished longer =
      run_zcp(with_store(folder, "one") + Strings{"--evaluations", "45"});
  CHECK(longer.status == 0);
  CHECK(ScoreStore::read(path).archs().size() == 45);
}

TEST_CASE("search: killed ten times it comes to the same end") {
  const TemporaryFolder folder;
  const Strings more = {"--evaluations", "300", "--proposals", "4"};
  output_of(with_store(folder, "whole") + more);
  int killed = 0;
  for (int i = 0; killed < 10 && i < 10; ++i) {
    if (run_and_kill(with_store(folder, "killed") + more, 150 + 60 * i)) break;
    ++killed;
  }
  CHECK(killed == 10);
  output_of(with_store(folder, "killed") + more);
  CHECK(csv_of(folder, "killed") == csv_of(folder, "whole"));
  const auto exported = [&](const std::string& name) {
    return output_of(
        {"export",
         "--store",
         folder.path() / (name + ".sqlite"),
         "--csv",
         "-"});
  };
  CHECK(exported("killed") == exported("whole"));
}

TEST_CASE("search: proxies of other tasks, and what is refused") {
  const TemporaryFolder folder;
  Strings arguments = with_store(folder, "tasks");
  *std::ranges::find(arguments, "az_nas") = "naswot,-gaussian-224:macs";
  *std::ranges::find(arguments, "evolution") = "nsga2";
  *std::ranges::find(arguments, "gaussian") = "gaussian";
  const std::string csv = folder.path() / "tasks.csv";
  output_of(arguments + Strings{"--evaluations", "6"});
  const auto rows = csv_rows(read_file(csv));
  CHECK(rows[0][2] == "gaussian-224:macs");
  CHECK(rows.size() == 7);
  CHECK(std::filesystem::exists(folder.path() / "tasks.gaussian-224.sqlite"));
  const auto refused = [&](const std::string& by, const std::string& thing) {
    Strings own = kSmall;
    *std::ranges::find(own, "az_nas") = by;
    check_refused(own, thing);
  };
  // What a command would write or read is known before anything is scored.
  check_refused(
      kSmall + Strings{"--output", "winner.csv"},
      "--output winner.csv: expected a name that ends in .pt");
  check_refused(kSmall + Strings{"--output", "winner.pt2"}, "from Python");
  const std::string absent = folder.path() / "absent.sqlite";
  check_refused(
      kSmall + Strings{"--store", absent, "--stored"}, "--stored: found no ");
  CHECK_FALSE(std::filesystem::exists(absent));
  refused("zicoo", "zico");
  refused("nowhere:zico", "nowhere");
  refused("zico,naswot", "takes one objective");
}

TEST_CASE("search: any sharding of islands merges to the same result") {
  const TemporaryFolder folder;
  const Strings more = {"--evaluations", "28", "--islands", "7"};
  output_of(with_store(folder, "whole") + more);
  const std::string csv = csv_of(folder, "whole");
  CHECK(csv.starts_with("arch,az_nas,params,step,on_front,island\n"));
  const auto scores = [&](const std::string& name) {
    const auto store = ScoreStore::read(folder.path() / (name + ".sqlite"));
    std::map<std::pair<std::string, std::string>, std::string> found;
    for (const auto& record : store.find()) {
      // As text, in which a value that is missing equals itself.
      found[{record.arch, record.proxy}] = fmt::format("{:a}", record.value);
    }
    return found;
  };
  for (const int shards : {2, 3, 7}) {
    CAPTURE(shards);
    const std::string name = fmt::format("of{}", shards);
    Strings merge{
        "merge", "--quiet", "--store", folder.path() / (name + ".sqlite")};
    for (int i = 0; i < shards; ++i) {
      const std::string part = fmt::format("{}part{}", name, i);
      output_of(
          with_store(folder, part) + more +
          Strings{"--shard", fmt::format("{}/{}", i, shards)});
      merge.push_back(folder.path() / (part + ".sqlite"));
    }
    output_of(merge);
    // Everything is there: what is found together is that of a single call.
    Strings again = with_store(folder, name) + more;
    std::erase(again, "--quiet");
    const Finished together = run_zcp(again);
    CHECK(together.err.find("; 0 scores computed") != std::string::npos);
    CHECK(csv_of(folder, name) == csv);
    CHECK(scores(name) == scores("whole"));
  }
}

TEST_CASE("search: the winner as a file that can be scored") {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "winner.pt";
  const auto run = [&] {
    return run_zcp(
        kSmall + Strings{"--evaluations", "8", "--json", "--output", path});
  };
  const Finished first = run();
  REQUIRE(first.status == 0);
  const std::string best = json::parse(first.out)["best"];
  const auto score = [&](const Strings& what) {
    return csv_rows(output_of(
        Strings{"score"} + what +
        Strings{
            "--task",
            "gaussian",
            "--batch-size",
            "4",
            "--proxies",
            "params,macs,naswot,zico,grad_norm",
            "--quiet"}))[1];
  };
  const auto spec = score(
      {"--space",
       "nats-tss",
       "--arch",
       best,
       "--cells",
       "1",
       "--channels",
       "4"});
  const auto file = score({"--model", path});
  CHECK(file[0] == "winner");
  CHECK(file[1] == spec[1]);
  // Weights of its own: scores are numbers, not the spec's.
  for (const int p : {3, 4, 5}) CHECK(std::isfinite(std::stod(file[p])));
  // A winner of zcp's own gives way to the next, another model does not.
  const std::string bytes = read_file(path);
  CHECK(run().status == 0);
  CHECK(read_file(path) == bytes);
  const std::string other =
      folder.write("other.pt", std::string("PK\3\4, a model of the user's"));
  const Finished refused = run_zcp(
      kSmall + Strings{"--evaluations", "8", "--json", "--output", other});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("an archive or a model") != std::string::npos);
}

TEST_CASE("search: by a predictor of the proxies of the same protocol") {
  const TemporaryFolder folder;
  const Strings protocol{
      "--space",
      "nats-tss",
      "--task",
      "gaussian",
      "--batch-size",
      "4",
      "--cells",
      "1",
      "--channels",
      "4"};
  const std::string scores = folder.path() / "scores.csv";
  output_of(
      Strings{"score"} + protocol +
      Strings{
          "--sample",
          "60",
          "--proxies",
          "naswot,params",
          "--csv",
          scores,
          "--quiet"});
  std::string truth = "arch,acc\n";
  const auto rows = csv_rows(read_file(scores));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    truth += fmt::format("{},{}\n", rows[i][0], std::stod(rows[i][2]) / 1e3);
  }
  const std::string file = folder.path() / "predictor.json";
  output_of(
      {"predict",
       "--scores",
       scores,
       "--truth",
       folder.write("truth.csv", truth),
       "--metric",
       "acc",
       "--model",
       "ridge",
       "--repeats",
       "1",
       "--save",
       file,
       "--quiet"});
  const auto search = [&](const Strings& other) {
    Strings own = protocol;
    return run_zcp(
        Strings{"search"} + own +
        Strings{
            "--by",
            "predict:" + file,
            "--algorithm",
            "random",
            "--evaluations",
            "12",
            "--quiet",
            "--json"} +
        other);
  };
  const Finished found = search({});
  REQUIRE(found.status == 0);
  CHECK(json::parse(found.out)["evaluations"] == 12);
  CHECK(json::parse(found.out)["best_value"].is_number());
  const Finished other = search({"--seed", "5"});
  CHECK(other.status == 2);
  CHECK(
      other.err.find("expected the same task, data and protocol") !=
      std::string::npos);
}

TEST_CASE("report makes a page of what a store has of a search") {
  const TemporaryFolder folder;
  const Strings evaluations{"--evaluations", "32", "--proposals", "8"};
  const Strings whole = with_store(folder, "whole") + evaluations;
  output_of(whole);
  const std::string store = folder.path() / "whole.sqlite";
  const std::string html = folder.path() / "page.html";
  const auto size = ScoreStore::read(store).size();
  const auto runs = ScoreStore::read(store).runs().size();
  output_of({"report", "--search", store, "--html", html, "--quiet"});
  CHECK(ScoreStore::read(store).size() == size);  // nothing was computed
  CHECK(ScoreStore::read(store).runs().size() == runs);
  const std::string page = read_file(html);
  CHECK(page.find("\"name\":\"evolution\"") != std::string::npos);
  CHECK(page.find("not finished") == std::string::npos);
  // A search that was stopped in between.
  Strings first = with_store(folder, "part");
  output_of(first + Strings{"--evaluations", "16", "--proposals", "8"});
  const std::string csv = folder.path() / "stored.csv";
  output_of(
      kSmall + evaluations +
      Strings{
          "--store",
          folder.path() / "part.sqlite",
          "--stored",
          "--csv",
          csv,
          "--html",
          html});
  const std::string all = csv_of(folder, "whole");
  const std::string some = read_file(csv);
  CHECK(std::ranges::count(all, '\n') == 33);
  const auto rows = std::ranges::count(some, '\n') - 1;
  CHECK(rows >= 8);  // whole batches
  CHECK(rows <= 16);
  CHECK(read_file(html).find("not finished") != std::string::npos);
  // A store of something else.
  const std::string other = folder.path() / "other.sqlite";
  output_of(
      {"score",
       "--space",
       "nats-tss",
       "--sample",
       "2",
       "--proxies",
       "params",
       "--store",
       other,
       "--quiet"});
  check_refused({"report", "--search", other, "--html", html}, "zcp search");
}
