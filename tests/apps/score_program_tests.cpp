// The subcommands that need LibTorch, run as processes on small inputs: noise
// and the golden model, no data set.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/store/score_store.h"
#include "tests/support/program.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp;
using namespace zcp::test;
using nlohmann::json;
using zcp::ScoreStatus;
using zcp::store::ScoreRecord;
using zcp::store::ScoreStore;

const std::string kLarge =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|"
    "nor_conv_3x3~1|skip_connect~2|";
const std::string kSmall =
    "|skip_connect~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|";
/// Its output does not depend on its input.
const std::string kDead = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";

const Strings kCore = {"params", "grad_norm", "synflow", "naswot", "zico"};

/// `zcp score` on noise with batches of 8, quiet.
Strings score(const Strings& more, const std::string& proxies = "core") {
  const Strings fixed = {
      "score",
      "--space",
      "nats-tss",
      "--task",
      "gaussian",
      "--batch-size",
      "8",
      "--quiet",
      "--proxies",
      proxies};
  return fixed + more;
}

Strings score_archs(const Strings& archs, const Strings& more = {}) {
  Strings arguments;
  for (const std::string& arch : archs) {
    arguments.insert(arguments.end(), {"--arch", arch});
  }
  return score(arguments + more);
}

Strings score_model(const std::string& name, const Strings& more = {}) {
  const Strings fixed = {
      "score",
      "--model",
      golden(name),
      "--task",
      "tensors",
      "--data",
      golden("net_batch.pt"),
      "--batch-size",
      "8",
      "--quiet"};
  return fixed + more;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The records without what differs from run to run on purpose.
std::vector<std::string> seconds_of(const std::string& store) {
  std::vector<std::string> lines;
  for (const ScoreRecord& record : ScoreStore::read(store).find()) {
    lines.push_back(
        fmt::format("{} {} {:a}", record.arch, record.proxy, record.seconds));
  }
  return lines;
}

/// `zcp score` at work on a sample, one architecture after the other.
class RunningScore {
 public:
  explicit RunningScore(const Strings& more = {}) {
    const Strings arguments =
        Strings{program()} + score(
                                 Strings{
                                     "--sample",
                                     std::to_string(kSample),
                                     "--workers",
                                     "1",
                                     "--store",
                                     store,
                                     "--csv",
                                     csv} +
                                     more,
                                 "naswot");
    std::vector<char*> argv;
    for (const std::string& argument : arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(
        &files, 2, err_.c_str(), O_WRONLY | O_CREAT, 0600);
    REQUIRE(
        posix_spawn(
            &process_, argv[0], &files, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&files);
  }

  /// Returns once some scores are stored.
  void wait_for_scores() const {
    while (stored(store) == 0) usleep(20'000);
  }

  void send(int signal) const { kill(process_, signal); }

  /// Waits for its end. Returns the exit status, -1 after a signal.
  int finish() {
    int status = 0;
    waitpid(process_, &status, 0);
    err = read_file(err_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static std::int64_t stored(const std::string& path) {
    try {
      return std::filesystem::exists(path) ? ScoreStore::read(path).size() : 0;
    } catch (const std::exception&) {
      return 0;  // it is just being made
    }
  }

  static constexpr int kSample = 400;

  TemporaryFolder folder;
  const std::string store = folder.path() / "s.sqlite";
  const std::string csv = folder.path() / "t.csv";
  std::string err;

 private:
  const std::string err_ = folder.path() / "err";
  pid_t process_ = 0;
};

}  // namespace

TEST_CASE("score: a signal ends it in order, what is done is written") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(signal);
    RunningScore run;
    run.wait_for_scores();
    run.send(signal);
    CHECK(run.finish() == 1);
    CHECK(contains(run.err, "interrupted; "));
    CHECK(contains(run.err, run.store + " keeps the others"));
    const auto rows = csv_rows(read_file(run.csv));
    REQUIRE(rows.size() == RunningScore::kSample + 1);
    std::int64_t done = 0;
    for (const Strings& row : rows) {
      if (row[0] != "arch" && !row[1].empty()) ++done;
    }
    std::int64_t valued = 0;
    for (const ScoreRecord& record : ScoreStore::read(run.store).find()) {
      if (record.status == ScoreStatus::ok) ++valued;
    }
    CHECK(done > 0);
    CHECK(done < RunningScore::kSample);
    CHECK(done == valued);
  }
}

TEST_CASE("score: a store that is taken away is noticed and saved") {
  RunningScore run;
  run.wait_for_scores();
  std::filesystem::remove(run.store);
  CHECK(run.finish() == 1);
  CHECK(contains(run.err, "was deleted or renamed while it was in use"));
  CHECK(RunningScore::stored(run.store + ".rescued") > 0);
}

TEST_CASE("score: --retry-failed computes failures anew, and only those") {
  const TemporaryFolder folder;
  const std::string store = folder.path() / "s.sqlite";
  const Strings kept = {"--store", store};
  const std::string asked = output_of(score_archs({kSmall, kLarge}, kept));
  {
    // What an earlier version stored when memory ran out.
    const std::string failing = folder.path() / "f.sqlite";
    auto stores =
        ScoreStore::open(failing, ScoreStore::read(store).protocol(), {});
    auto records = ScoreStore::read(store).find();
    REQUIRE(records.size() == 10);
    for (ScoreRecord& record : records) {
      const bool lost = record.arch == kLarge && record.proxy != "params";
      if (record.proxy == "synflow") record.value = 7;  // to be told apart
      if (!lost) continue;
      record.status = ScoreStatus::failed;
      record.value = std::nan("");
      record.reason = "out of memory";
    }
    stores.put(records);
  }
  const Strings failing = {"--store", folder.path() / "f.sqlite"};
  const std::string before = output_of(score_archs({kSmall, kLarge}, failing));
  CHECK(contains(before, ",,,,"));
  const Strings again = failing + Strings{"--retry-failed"};
  const auto fresh = csv_rows(asked);
  for (const Strings& how : {again, failing}) {
    const auto rows = csv_rows(output_of(score_archs({kSmall, kLarge}, how)));
    CHECK(rows[1][3] == "7");  // synflow of kSmall had not failed
    CHECK(rows[1][1] == fresh[1][1]);
    CHECK(rows[2] == fresh[2]);
  }
  check_refused(score({"--sample", "1", "--retry-failed"}), "--store");
}

TEST_CASE("score: a row an architecture as asked, 17 digits") {
  const std::string table = output_of(score_archs({kSmall, kLarge, kSmall}));
  const auto rows = csv_rows(table);
  REQUIRE(rows.size() == 4);
  CHECK(rows[0] == Strings{"arch"} + kCore);
  CHECK(rows[1][0] == kSmall);
  CHECK(rows[2][0] == kLarge);
  CHECK(rows[3] == rows[1]);
  CHECK(rows[2][1] == "802426");
  for (std::size_t row = 1; row < rows.size(); ++row) {
    REQUIRE(rows[row].size() == rows[0].size());
    for (std::size_t i = 1; i < rows[row].size(); ++i) {
      const double value = std::strtod(rows[row][i].c_str(), nullptr);
      CHECK(fmt::format("{:.17g}", value) == rows[row][i]);
    }
  }
  // Whatever is scored with it, in whatever order, by whatever proxies.
  const auto other = csv_rows(
      output_of(score({"--arch", kLarge, "--arch", kSmall}, "zico,params")));
  REQUIRE(other.size() == 3);
  CHECK(other[0] == Strings{"arch", "zico", "params"});
  CHECK(other[1] == Strings{kLarge, rows[2][5], rows[2][1]});
  CHECK(other[2] == Strings{kSmall, rows[1][5], rows[1][1]});
}

TEST_CASE("score: the bytes do not depend on workers or on how it is asked") {
  const std::string one =
      output_of(score_archs({kLarge, kSmall, kDead}, {"--workers", "1"}));
  const std::string list = kLarge + "\n# not this\n\n" + kSmall + "\n" + kDead;
  const Strings listed = score({"--archs", "-", "--workers", "2"});
  CHECK(output_of(listed, list) == one);
  const TemporaryFolder folder;
  const std::string csv = folder.path() / "scores.csv";
  const Strings to_file = score({"--archs", "-", "--csv", csv});
  CHECK(output_of(to_file, one) == "");
  CHECK(read_file(csv) == one);
}

TEST_CASE("score: a sample is drawn by the seed") {
  const Strings sample = {"--sample", "20"};
  const std::string first = output_of(score(sample, "params"));
  CHECK(count_lines(first) == 21);
  CHECK(output_of(score(sample, "params")) == first);
  CHECK(output_of(score(sample + Strings{"--seed", "1"}, "params")) != first);
}

TEST_CASE("score: a store is added to, not computed again") {
  const TemporaryFolder folder;
  const std::string store = folder.path() / "s.sqlite";
  const Strings keep = {"--store", store};
  output_of(score_archs({kLarge}, keep));
  const auto first = seconds_of(store);
  CHECK(first.size() == kCore.size());
  const std::string both = output_of(score_archs({kLarge, kSmall}, keep));
  const auto second = seconds_of(store);
  CHECK(second.size() == 2 * kCore.size());
  CHECK(std::equal(first.begin(), first.end(), second.begin()));
  CHECK(output_of(score_archs({kLarge, kSmall}, keep)) == both);
  CHECK(seconds_of(store) == second);
  CHECK(output_of({"export", "--store", store}) == both);
  CHECK(output_of(score_archs({kLarge, kSmall})) == both);
}

TEST_CASE("score: shards, merged, are the whole bit for bit") {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& name, const Strings& more) {
    const std::string store = folder.path() / name;
    output_of(score(
        Strings{"--sample", "4", "--store", store} + more, "params,naswot"));
    return store;
  };
  const std::string whole = run("whole.sqlite", {});
  const std::string first = run("0.sqlite", {"--shard", "0/2"});
  const std::string second = run("1.sqlite", {"--shard", "1/2"});
  const std::string merged = folder.path() / "merged.sqlite";
  output_of({"merge", "--store", merged, second, first});
  const std::string table = output_of({"export", "--store", merged});
  CHECK(count_lines(table) == 5);
  CHECK(table == output_of({"export", "--store", whole}));
  CHECK(
      ScoreStore::read(first).size() + ScoreStore::read(second).size() ==
      ScoreStore::read(whole).size());
}

TEST_CASE("score: no score is an empty field and a reason") {
  const TemporaryFolder folder;
  const std::string store = folder.path() / "s.sqlite";
  const Strings loud = {
      "score",
      "--space",
      "nats-tss",
      "--task",
      "gaussian",
      "--arch",
      kDead,
      "--arch",
      kSmall,
      "--batch-size",
      "8",
      "--proxies",
      "params,naswot",
      "--store",
      store};
  const Finished run = run_zcp(loud);
  CHECK(run.status == 0);
  const auto rows = csv_rows(run.out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[1][2] == "");
  CHECK(rows[2][2] != "");
  CHECK(contains(run.err, "scoring: "));
  CHECK(contains(run.err, "zcp: no naswot for 1 of 2: "));
  for (const ScoreRecord& record : ScoreStore::read(store).find()) {
    const bool dead = record.arch == kDead && record.proxy == "naswot";
    CHECK((record.status == ScoreStatus::degenerate) == dead);
    CHECK(record.reason.empty() != dead);
  }
  const std::string best =
      output_of({"rank", "--scores", store, "--by", "naswot"});
  CHECK(count_lines(best) == 2);
  CHECK(contains(best, "\n1," + kSmall + ","));
  const std::string truth = folder.write(
      "truth.csv", "arch,acc\n" + kDead + ",10\n" + kSmall + ",90\n");
  const auto study = json::parse(output_of(
      {"correlate",
       "--scores",
       store,
       "--truth",
       truth,
       "--metric",
       "acc",
       "--bootstrap",
       "0",
       "--quiet",
       "--json"}));
  REQUIRE(study.size() == 2);
  CHECK(study[1]["proxy"] == "naswot");
  CHECK(study[1]["missing"] == 1);
  CHECK(study[1]["kendall_tau"].get<double>() == doctest::Approx(1));
}

TEST_CASE("score: a TorchScript file, against the values of PyTorch") {
  const auto rows =
      csv_rows(output_of(score_model("net_resnet.pt", {"--proxies", "core"})));
  REQUIRE(rows.size() == 2);
  CHECK(rows[1][0] == "net_resnet");
  std::ifstream file(golden("net_expected.json"));
  const auto expected = json::parse(file)["net_resnet"]["scores"];
  for (std::size_t i = 1; i < rows[0].size(); ++i) {
    CAPTURE(rows[0][i]);
    CHECK(
        std::strtod(rows[1][i].c_str(), nullptr) ==
        doctest::Approx(expected[rows[0][i]].get<double>()).epsilon(1e-4));
  }
}

TEST_CASE("score: several models in the order asked") {
  const Strings more = {
      "--model", golden("net_mobile.pt"), "--proxies", "params,macs"};
  const auto rows = csv_rows(output_of(score_model("net_resnet.pt", more)));
  REQUIRE(rows.size() == 3);
  CHECK(rows[1] == Strings{"net_resnet", "5266", "186538"});
  CHECK(rows[2][0] == "net_mobile");
}

TEST_CASE("score: NATS-TSS in JSON has the built-in scores to the bit") {
  const std::string written =
      golden("").parent_path() / "../../nets/spaces/examples/nats_tss.json";
  const TemporaryFolder folder;
  const std::string store = folder.path() / "s.sqlite";
  const auto scored = [&](const std::string& space, const Strings& more) {
    const Strings arguments = {
        "score",
        "--space",
        space,
        "--task",
        "gaussian",
        "--batch-size",
        "8",
        "--quiet",
        "--proxies",
        "suite-zero,zico,naswot"};
    return run_zcp(
        arguments + Strings{"--arch", kLarge, "--arch", kSmall} + more);
  };
  const Finished own = scored("nats-tss", {});
  REQUIRE(own.status == 0);
  const Finished theirs = scored(written, {"--store", store});
  CHECK(theirs.status == 0);
  CHECK(theirs.out == own.out);
  // The store knows the file by its content.
  const std::string name = ScoreStore::read(store).protocol().at("space");
  CHECK(name.starts_with("nats-tss-json@"));
  CHECK(name.size() == std::string("nats-tss-json@").size() + 16);
  const Finished other = scored("nats-tss", {"--store", store});
  CHECK(other.status == 2);
  CHECK(contains(other.err, "nats-tss-json@"));
}

TEST_CASE("score: a space in JSON is asked for like any other") {
  const std::string examples =
      golden("").parent_path() / "../../nets/spaces/examples/";
  const TemporaryFolder folder;
  const Finished sampled = run_zcp(
      {"score",
       "--space",
       examples + "mobile.json",
       "--sample",
       "3",
       "--task",
       "gaussian-224",
       "--proxies",
       "params,macs",
       "--quiet"});
  CHECK(sampled.status == 0);
  CHECK(std::ranges::count(sampled.out, '\n') == 4);
  const Finished shown =
      run_zcp({"spaces", "--space", examples + "nats_sss.json", "--json"});
  CHECK(shown.status == 0);
  const json space = json::parse(shown.out);
  REQUIRE(space.size() == 1);
  CHECK(space[0]["size"] == 32768);
  const std::string broken = folder.write("broken.json", "{\n\"name\": 1}");
  const Finished refused = run_zcp({"spaces", "--space", broken});
  CHECK(refused.status == 2);
  CHECK(contains(refused.err, "broken.json: name: found 1, expected a text"));
  // The file is an input: nothing is written over it.
  const Finished over = run_zcp(
      {"score",
       "--space",
       broken,
       "--sample",
       "1",
       "--proxies",
       "params",
       "--csv",
       broken});
  CHECK(over.status == 2);
  CHECK(read_file(broken) == "{\n\"name\": 1}");
}

TEST_CASE("score: transformers are run; what is counted alone says so") {
  const auto score = [](const std::string& space, const std::string& arch) {
    return run_zcp(
        {"score",
         "--space",
         space,
         "--arch",
         arch,
         "--task",
         "gaussian-224",
         "--resolution",
         "64",
         "--batch-size",
         "2",
         "--proxies",
         "params,head_confidence,zico"});
  };
  const Finished pit = score("pit", "b8-r2-d1.1.1-h1.2.2");
  CHECK(pit.status == 0);
  CHECK(pit.out.find(",,") == std::string::npos);
  const Finished small = score("autoformer-small", "e320-5x4-5x4");
  CHECK(small.status == 1);
  CHECK(contains(
      small.err, "networks of autoformer-small are counted (params, macs)"));
  const Finished bert = run_zcp(
      {"describe",
       "--space",
       "flexibert",
       "--task",
       "tokens",
       "--arch",
       "h128/DSC-5-4-512-1/DSC-9-2-1024-3",
       "--json"});
  CHECK(bert.status == 0);
  CHECK(json::parse(bert.out)["params"] == 6586707);
  const Finished images = run_zcp(
      {"score",
       "--space",
       "flexibert",
       "--sample",
       "1",
       "--proxies",
       "params"});
  CHECK(images.status == 2);
  CHECK(contains(images.err, "expected --task tokens"));
}

TEST_CASE("describe: a member of a space") {
  const Strings member = {"describe", "--space", "nats-tss", "--arch", kLarge};
  const auto all = json::parse(output_of(member + Strings{"--json"}));
  CHECK(all["arch"] == kLarge);
  CHECK(all["task"] == "cifar10");
  CHECK(all["input_shape"] == json({3, 32, 32}));
  CHECK(all["classes"] == 10);
  CHECK(all["params"] == 802426);
  CHECK(all["macs"] == 113951370);
  CHECK(all["canonical_hash"].get<std::string>().size() == 16);
  CHECK(all["layers"].size() > 50);
  const std::string text = output_of(member + Strings{"--task", "gaussian"});
  CHECK(contains(text, "MACs            113951370\n"));
  CHECK(
      output_of(member + Strings{"--format", "json"}) ==
      output_of(member + Strings{"--json"}));
  const std::string csv = output_of(member + Strings{"--format", "csv"});
  CHECK(csv.starts_with("layer,input,output,kernel,"));
  CHECK(count_lines(csv) == all["layers"].size() + 1);
  const std::string latex = output_of(member + Strings{"--format", "latex"});
  CHECK(contains(latex, "802426 params"));
  CHECK(contains(latex, "\\begin{tabular}"));
}

TEST_CASE("describe: a TorchScript file") {
  const Strings model = {
      "describe",
      "--model",
      golden("net_resnet.pt"),
      "--task",
      "tensors",
      "--data",
      golden("net_batch.pt"),
      "--json"};
  const auto all = json::parse(output_of(model));
  CHECK(all["arch"] == "net_resnet");
  CHECK(all["params"] == 5266);
  CHECK(all["macs"] == 186538);
  CHECK(all["input_shape"] == json({3, 16, 16}));
}

TEST_CASE("proxies: a line each, and all there is to know as JSON") {
  const std::string text = output_of({"proxies"});
  const auto all = json::parse(output_of({"proxies", "--json"}));
  REQUIRE(all.size() >= kCore.size());
  for (const auto& proxy : all) {
    const std::string name = proxy["name"];
    CHECK(contains(text, "\n" + name + " "));
    for (const char* field :
         {"direction", "needs", "dtype", "initialiser", "paper", "reference"}) {
      CHECK_MESSAGE(!proxy[field].get<std::string>().empty(), name, field);
    }
  }
  CHECK(contains(text, "group core: params, grad_norm, synflow, naswot, zico"));
  CHECK(contains(text, "group suite-zero: "));
}
