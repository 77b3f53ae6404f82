// `zcp search` on tables alone, run as a process.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/support/program.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp;
using namespace zcp::test;
using nlohmann::json;

/// A truth of the space nas-bench-macro: the sum of the digits, and twice it
/// with a fault at the top.
class MacroTruth {
 public:
  MacroTruth() {
    std::string text = "arch,valid,test,ms\n";
    for (int index = 0; index < 6561; ++index) {
      std::string digits;
      int sum = 0;
      for (int rest = index, i = 0; i < 8; ++i, rest /= 3) {
        digits += static_cast<char>('0' + rest % 3);
        sum += rest % 3;
      }
      text += fmt::format(
          "{},{},{},{}\n", digits, sum, sum == 16 ? 20 : 2 * sum, sum + 1);
    }
    path = folder.write("truth.csv", text);
  }

  TemporaryFolder folder;
  std::string path;
};

Strings search(const MacroTruth& truth, const Strings& more) {
  return Strings{
             "search",
             "--space",
             "nas-bench-macro",
             "--truth",
             truth.path,
             "--quiet"} +
         more;
}

/// A variable of the environment, for the programs that are run meanwhile.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const char* value) : name_(name) {
    setenv(name, value, 1);
  }
  ~EnvironmentVariable() { unsetenv(name_); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("search: the table of what was evaluated") {
  const MacroTruth truth;
  const auto rows = csv_rows(output_of(search(
      truth,
      {"--by",
       "valid,-ms",
       "--algorithm",
       "nsga2",
       "--evaluations",
       "60",
       "--max",
       "ms=9",
       "--max",
       "params=3e6",
       "--costs",
       truth.path,
       "--csv",
       "-"})));
  CHECK(
      rows[0] == Strings{"arch", "valid", "ms", "params", "step", "on_front"});
  CHECK(rows.size() == 61);
  std::set<std::string> archs;
  int front = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    archs.insert(rows[i][0]);
    CHECK(std::stod(rows[i][2]) == std::stod(rows[i][1]) + 1);
    CHECK(std::stod(rows[i][2]) <= 9);
    CHECK(std::stod(rows[i][3]) <= 3e6);
    CHECK(std::stoul(rows[i][4]) >= i);
    // More of one is exactly more of the other: nobody beats anybody.
    front += rows[i][5] == "1" ? 1 : 0;
  }
  CHECK(archs.size() == 60);
  CHECK(front == 60);
}

TEST_CASE("search: one object with the winner, regret and the optimum") {
  const MacroTruth truth;
  const json found = json::parse(output_of(search(
      truth,
      {"--by",
       "valid",
       "--metric",
       "test",
       "--algorithm",
       "local",
       "--evaluations",
       "100",
       "--repeats",
       "5",
       "--json"})));
  CHECK(found["algorithm"] == "local");
  CHECK(found["best"] == "22222222");
  CHECK(found["best_value"] == 16);
  CHECK(found["front"] == json::array({"22222222"}));
  // The optimum of the test set is below validation's favourite, which
  // shows 20.
  CHECK(found["optimum"] == 30);
  const json& regret = found["regret"];
  CHECK(regret[0][0] == 1);
  CHECK(regret.back()[0] == 100);
  CHECK(regret.back() == json::array({100, 10.0, 10.0, 10.0}));
  for (const json& point : regret) {
    CHECK(point.size() == 4);
    CHECK(point[1] >= 0);
    CHECK(point[2] <= point[1]);
    CHECK(point[3] >= point[1]);
  }
}

TEST_CASE("search: less of an objective and of a metric") {
  const MacroTruth truth;
  const json found = json::parse(output_of(search(
      truth,
      {"--by=-ms",
       "--algorithm",
       "evolution",
       "--evaluations",
       "150",
       "--metric=-ms",
       "--repeats",
       "3",
       "--json"})));
  CHECK(found["best"] == "00000000");
  CHECK(found["best_value"] == 1);
  CHECK(found["optimum"] == 1);
  CHECK(found["regret"].back()[1] == 0);
}

TEST_CASE("search: the same seed the same search, whatever the workers") {
  const MacroTruth truth;
  const auto run = [&](const char* seed, const char* workers) {
    return output_of(search(
        truth,
        {"--by",
         "valid",
         "--algorithm",
         "evolution,random",
         "--repeats",
         "6",
         "--evaluations",
         "50",
         "--seed",
         seed,
         "--workers",
         workers,
         "--json"}));
  };
  const std::string first = run("1", "1");
  CHECK(run("1", "3") == first);
  CHECK(run("2", "1") != first);
  CHECK(json::parse(first).size() == 2);
}

TEST_CASE("search: a composite of columns of a table of scores") {
  const MacroTruth truth;
  const json found = json::parse(output_of(
      {"search",
       "--space",
       "nas-bench-macro",
       "--scores",
       truth.path,
       "--by",
       "both=log_rank(valid,ms)",
       "--algorithm",
       "evolution",
       "--evaluations",
       "300",
       "--quiet",
       "--json"}));
  CHECK(found["best"] == "22222222");
  CHECK(found["best_value"] == 0);
  CHECK(found["evaluations"] == 300);
  CHECK_FALSE(found.contains("regret"));
}

TEST_CASE("search: sizes of the network need no table") {
  const json found = json::parse(output_of(
      {"search",
       "--space",
       "nas-bench-macro",
       "--by",
       "depth",
       "--min",
       "macs=1",
       "--algorithm",
       "local",
       "--evaluations",
       "200",
       "--quiet",
       "--json"}));
  // Stem, tail, classifier and three convolutions in each layer.
  CHECK(found["best_value"] == 3 + 8 * 3);
}

TEST_CASE("search: what is printed, and the figure") {
  const MacroTruth truth;
  const std::string figure = truth.folder.path() / "f.svg";
  const Finished run = run_zcp(
      {"search",
       "--space",
       "nas-bench-macro",
       "--truth",
       truth.path,
       "--by",
       "valid",
       "--metric",
       "test",
       "--algorithm",
       "random,local",
       "--evaluations",
       "50",
       "--repeats",
       "4",
       "--figure",
       figure});
  CHECK(run.status == 0);
  CHECK(
      run.out.find("mean over 4 searches; the optimum is 30") !=
      std::string::npos);
  CHECK(run.out.find("random, exactly") != std::string::npos);
  const std::string svg = read_file(figure);
  CHECK(svg.find("the optimum") != std::string::npos);
  CHECK(svg.find("NaN") == std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  const Finished one = run_zcp(
      {"search",
       "--space",
       "nas-bench-macro",
       "--truth",
       truth.path,
       "--by",
       "valid",
       "--algorithm",
       "random",
       "--evaluations",
       "20"});
  CHECK(one.out.starts_with("random: the best of 20 architectures"));
  CHECK(one.err.find("20/20") != std::string::npos);
}

TEST_CASE("search: what is refused") {
  const MacroTruth truth;
  const auto refused = [&](const Strings& more, const std::string& thing) {
    Strings arguments = search(truth, more);
    std::erase(arguments, "--quiet");
    check_refused(arguments, thing);
  };
  refused({"--by", "valid", "--algorithm", "evolve"}, "no such algorithm");
  refused({"--by", "valid", "--max", "valid=3"}, "no column valid");
  refused({"--by", "valid", "--metric", "tset"}, "tset");
  refused(
      {"--by", "valid", "--max", "ms=0.5", "--costs", truth.path},
      "no architecture with valid may be searched");
  refused(
      {"--by",
       "valid",
       "--start",
       "22222222",
       "--max",
       "ms=9",
       "--costs",
       truth.path},
      "--start 22222222: expected an architecture within the budget");
  refused({"--by", "valid", "--start", "2"}, "expected 8 digits");
  refused({"--by", "valid", "--csv", truth.path}, "truth.csv");
  refused({"--by", "zico", "--repeats", "2", "--metric", "test"}, "zico");
  const std::string one = truth.folder.write("one.json", R"({"name": "one",
    "operations": {"conv": [{"conv": 3}, "bn"]},
    "cells": {"cell": {"nodes": 2, "edges": ["1<-0"], "choose": ["conv"]}},
    "stem": {"channels": 8, "layers": [{"conv": 3}]},
    "stages": [{"channels": 8, "cell": "cell", "repeat": 1}],
    "head": ["global_avg_pool", {"linear": "classes"}]})");
  check_refused(
      {"search", "--space", one, "--by", "params", "--algorithm", "reinforce"},
      "has one member alone");
  const std::string other = truth.folder.write("other.csv", "arch,x\nabc,1\n");
  refused({"--by", "x", "--scores", other}, "of nas-bench-macro: spec 'abc'");
}

TEST_CASE("search: the 9,445 scored cells of NATS-Bench by a composite") {
  const auto scores = shared("data/naslib_scores_nb201.csv");
  const auto accuracy = shared("data/nats_tss_accuracy.csv");
  if (absent(scores) || absent(accuracy)) return;
  const json found = json::parse(output_of(
      {"search",
       "--space",
       "nats-tss",
       "--scores",
       scores,
       "--key-scores",
       "net_str",
       "--truth",
       accuracy,
       "--by",
       "synflow",
       "--metric",
       "cifar10_test",
       "--algorithm",
       "exhaustive",
       "--json",
       "--quiet"}));
  CHECK(found["evaluations"] == 9445);
  // What NumPy finds for the greatest synflow of that table.
  const double regret = found["regret"].back()[1];
  CHECK(std::abs(94.3733 - regret - 93.76) < 1e-4);
}

TEST_CASE(
    "search: ArchLock's choice, bad on the target and good at the source") {
  const auto accuracy = shared("data/nats_tss_accuracy.csv");
  if (absent(accuracy)) return;
  struct Row {
    std::string source;
    std::string target;
    double threshold;
    double source_test;
    double target_test;
  };
  // The least validation accuracy on the target among the cells that reach a
  // threshold on the source, computed with NumPy from the same table.
  for (const Row& row :
       {Row{"cifar10", "cifar100", 90, 92.81, 67.64},
        Row{"cifar10", "imagenet16_120", 90, 93.23, 36.60},
        Row{"cifar100", "cifar10", 71, 70.88, 93.28},
        Row{"cifar100", "imagenet16_120", 71, 69.80, 38.07},
        Row{"imagenet16_120", "cifar10", 45, 44.60, 92.92},
        Row{"imagenet16_120", "cifar100", 45, 44.46, 69.11}}) {
    const auto shown_of = [&](const std::string& task) {
      const json found = json::parse(output_of(
          {"search",
           "--space",
           "nats-tss",
           "--truth",
           accuracy,
           "--costs",
           accuracy,
           "--by=-" + row.target + "_valid",
           "--min",
           fmt::format("{}_valid={}", row.source, row.threshold),
           "--metric",
           task + "_test",
           "--algorithm",
           "exhaustive",
           "--json",
           "--quiet"}));
      return found["optimum"].get<double>() -
             found["regret"].back()[1].get<double>();
    };
    CAPTURE(row.source);
    CAPTURE(row.target);
    CHECK(std::abs(shown_of(row.source) - row.source_test) < 0.0051);
    CHECK(std::abs(shown_of(row.target) - row.target_test) < 0.0051);
  }
}

TEST_CASE("search: ArchLock's difference of ranks, by a composite with signs") {
  const auto accuracy = shared("data/nats_tss_accuracy.csv");
  if (absent(accuracy)) return;
  struct Row {
    std::string source;
    std::string target;
    double source_test;
    double target_test;
  };
  // argmax of rank_target - 2 rank_source over the 15,625 cells, rank 0 the
  // best, by NumPy from the same table: ties by index, which here share ranks.
  for (const Row& row :
       {Row{"cifar10", "cifar100", 93.24, 69.01},
        Row{"cifar10", "imagenet16_120", 93.23, 36.60},
        Row{"cifar100", "cifar10", 68.64, 91.44},
        Row{"cifar100", "imagenet16_120", 68.78, 28.03},
        Row{"imagenet16_120", "cifar10", 43.88, 92.38},
        Row{"imagenet16_120", "cifar100", 44.32, 68.61}}) {
    const auto shown_of = [&](const std::string& task) {
      const json found = json::parse(output_of(
          {"search",
           "--space",
           "nats-tss",
           "--truth",
           accuracy,
           "--by",
           fmt::format(
               "d=rank_sum({0}_valid,{0}_valid,-{1}_valid)",
               row.source,
               row.target),
           "--metric",
           task + "_test",
           "--algorithm",
           "exhaustive",
           "--json",
           "--quiet"}));
      return found["optimum"].get<double>() -
             found["regret"].back()[1].get<double>();
    };
    CAPTURE(row.source);
    CAPTURE(row.target);
    CHECK(std::abs(shown_of(row.source) - row.source_test) < 0.0051);
    CHECK(std::abs(shown_of(row.target) - row.target_test) < 0.0051);
  }
}

TEST_CASE("search: islands in one call are those of the shards together") {
  const MacroTruth truth;
  const auto rows = [&](const Strings& more) {
    auto found = csv_rows(output_of(
        search(
            truth,
            {"--by",
             "valid",
             "--algorithm",
             "evolution",
             "--evaluations",
             "70",
             "--csv",
             "-",
             "--islands",
             "3"}) +
        more));
    CHECK(found[0] == Strings{"arch", "valid", "step", "on_front", "island"});
    found.erase(found.begin());
    return found;
  };
  const auto whole = rows({});
  std::set<std::string> archs;
  for (const auto& row : whole) archs.insert(row[0]);
  CHECK(archs.size() == whole.size());
  CHECK(whole.size() > 60);  // an architecture may come on two of them
  CHECK(whole.size() <= 70);
  CHECK(whole.back()[4] == "2");
  for (const std::size_t shards : {1U, 2U, 3U}) {
    std::set<std::string> together;
    for (std::size_t i = 0; i < shards; ++i) {
      for (const auto& row :
           rows({"--shard", fmt::format("{}/{}", i, shards)})) {
        together.insert(row[0]);
        CHECK(std::stoul(row[4]) % shards == i);
      }
    }
    CHECK(together == archs);
  }
}

TEST_CASE("search: a task of an array is an island with files of its own") {
  const MacroTruth truth;
  const std::string csv = truth.folder.path() / "found.csv";
  const auto run = [&](const Strings& more) {
    return search(
               truth,
               {"--by",
                "valid",
                "--algorithm",
                "local",
                "--evaluations",
                "50",
                "--csv",
                csv}) +
           more;
  };
  {
    const EnvironmentVariable id("SLURM_ARRAY_TASK_ID", "7");
    const EnvironmentVariable count("SLURM_ARRAY_TASK_COUNT", "2");
    const EnvironmentVariable least("SLURM_ARRAY_TASK_MIN", "6");
    output_of(run({}));
  }
  CHECK_FALSE(std::filesystem::exists(csv));
  const std::string task = read_file(truth.folder.path() / "found.7.csv");
  output_of(run({"--shard", "1/2"}));
  CHECK(read_file(csv) == task);
  CHECK(csv_rows(task).size() == 26);
}

namespace {

/// Every 53rd architecture with a proxy and the valid accuracy as label.
class MacroPredictor {
 public:
  explicit MacroPredictor(const MacroTruth& truth, const Strings& more = {}) {
    std::string scores = "arch,noisy\n";
    const auto rows = csv_rows(read_file(truth.path));
    for (std::size_t i = 1; i < rows.size(); i += 53) {
      scores += fmt::format("{},{}\n", rows[i][0], noisy(rows[i]));
    }
    const std::string path = truth.folder.write("few.csv", scores);
    file = truth.folder.path() / "some.json";
    output_of(
        Strings{
            "predict",
            "--scores",
            path,
            "--truth",
            truth.path,
            "--metric",
            "valid",
            "--model",
            "ridge",
            "--repeats",
            "1",
            "--save",
            file,
            "--json",
            "--quiet"} +
        more);
  }

  static double noisy(const Strings& row) {
    return std::stod(row[1]) * 10 + std::stoi(row[0].substr(6)) % 7;
  }

  std::string file;
};

}  // namespace

TEST_CASE("search: by a predictor of few labels") {
  const MacroTruth truth;
  const MacroPredictor predictor(
      truth, {"--space", "nas-bench-macro", "--features", "encoding"});
  const std::string by = "predict:" + predictor.file;
  const auto run = [&](const Strings& more) {
    return csv_rows(output_of(
        Strings{
            "search",
            "--space",
            "nas-bench-macro",
            "--by",
            by,
            "--algorithm",
            "exhaustive",
            "--csv",
            "-",
            "--quiet"} +
        more));
  };
  const auto rows = run({"--proposals", "700"});
  CHECK(rows[0] == Strings{"arch", by, "step", "on_front"});
  REQUIRE(rows.size() == 6562);
  // The label is linear in what ridge sees, but for the scale of ranks.
  double error = 0;
  std::size_t best = 1;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    double sum = 0;
    for (const char c : rows[i][0]) sum += c - '0';
    error += std::abs(std::stod(rows[i][1]) - sum) / 6561;
    if (std::stod(rows[i][1]) > std::stod(rows[best][1])) best = i;
  }
  CHECK(error < 0.5);
  CHECK(rows[best][0] == "22222222");
  // Whatever is asked together.
  const auto few = run({"--proposals", "1", "--evaluations", "40"});
  for (std::size_t i = 1; i < few.size(); ++i) CHECK(few[i][1] == rows[i][1]);
}

TEST_CASE("search: a predictor of proxies takes those of the same protocol") {
  const MacroTruth truth;
  const MacroPredictor predictor(truth);
  const auto run = [&](double factor) {
    std::string scores = "arch,noisy\n";
    const auto rows = csv_rows(read_file(truth.path));
    for (std::size_t i = 1; i < rows.size(); ++i) {
      scores += fmt::format(
          "{},{}\n", rows[i][0], factor * MacroPredictor::noisy(rows[i]));
    }
    return run_zcp(search(
        truth,
        {"--scores",
         truth.folder.write("all.csv", scores),
         "--by",
         "predict:" + predictor.file,
         "--metric",
         "test",
         "--algorithm",
         "evolution",
         "--evaluations",
         "120",
         "--repeats",
         "4",
         "--json"}));
  };
  const auto found = run(1);
  REQUIRE(found.status == 0);
  CHECK(json::parse(found.out)["regret"].back()[1] <= 12);
  const auto other = run(1.5);
  CHECK(other.status == 2);
  CHECK(other.err.find("here and") != std::string::npos);
  CHECK(other.err.find("expected the same task, data") != std::string::npos);
}

TEST_CASE("search: a predictor of sizes takes those of the same unit") {
  const MacroTruth truth;
  const auto sizes = csv_rows(output_of(search(
      truth,
      {"--by",
       "params",
       "--algorithm",
       "random",
       "--evaluations",
       "120",
       "--csv",
       "-"})));
  const auto run = [&](double unit) {
    std::string scores = "arch,params\n";
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      scores +=
          fmt::format("{},{}\n", sizes[i][0], std::stod(sizes[i][1]) / unit);
    }
    const std::string file = truth.folder.path() / "sizes.json";
    output_of(
        {"predict",
         "--scores",
         truth.folder.write("sizes.csv", scores),
         "--truth",
         truth.path,
         "--metric",
         "valid",
         "--model",
         "ridge",
         "--repeats",
         "1",
         "--save",
         file,
         "--json",
         "--quiet"});
    return run_zcp(search(
        truth,
        {"--by",
         "predict:" + file,
         "--metric",
         "test",
         "--algorithm",
         "random",
         "--evaluations",
         "20",
         "--json"}));
  };
  CHECK(run(1).status == 0);
  const auto millions = run(1e6);
  CHECK(millions.status == 2);
  CHECK(millions.err.find("params of ") != std::string::npos);
  CHECK(millions.err.find("expected the same task, data") != std::string::npos);
}

TEST_CASE("search: no value, and values without end") {
  const TemporaryFolder folder;
  // Drawing two of four: 20, 40, 10, 30, 20 and 40 are shown, 99 never.
  const std::string truth = folder.write(
      "t.csv",
      "arch,score,acc\n00000000,1,10\n00000001,5,20\n00000002,5,40\n"
      "00000010,,99\n");
  const auto judged = json::parse(output_of(
      {"search",
       "--space",
       "nas-bench-macro",
       "--truth",
       truth,
       "--by",
       "score",
       "--metric",
       "acc",
       "--algorithm",
       "random",
       "--evaluations",
       "4",
       "--repeats",
       "3",
       "--json",
       "--quiet"}));
  const auto& exact = judged["regret_random"];
  REQUIRE(exact.size() == 4);
  CHECK(exact[0][1].get<double>() == doctest::Approx(99 - 70.0 / 3));
  CHECK(exact[1][1].get<double>() == doctest::Approx(99 - 160.0 / 6));
  CHECK(exact[2][1].get<double>() == doctest::Approx(69));
  CHECK(exact[3][1].get<double>() == doctest::Approx(69));
  const std::string endless = folder.write(
      "e.csv", "arch,score\n00000000,inf\n00000001,-inf\n00000002,\n");
  const auto rows = csv_rows(output_of(
      {"search",
       "--space",
       "nas-bench-macro",
       "--truth",
       endless,
       "--by",
       "score",
       "--algorithm",
       "exhaustive",
       "--csv",
       "-",
       "--quiet"}));
  REQUIRE(rows.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) {
    const std::string& arch = rows[i][0];
    const std::string right = arch == "00000000"   ? "inf"
                              : arch == "00000001" ? "-inf"
                                                   : "";
    CHECK(rows[i][1] == right);
  }
}

TEST_CASE("search: files that are no predictor of the space") {
  const MacroTruth truth;
  const auto refusal = [&](const std::string& space, const std::string& file) {
    const auto run = run_zcp(
        {"search", "--space", space, "--by", "predict:" + file, "--quiet"});
    CHECK(run.status == 2);
    return run.err;
  };
  const MacroPredictor predictor(
      truth, {"--space", "nas-bench-macro", "--features", "encoding"});
  CHECK(
      refusal("nats-tss", predictor.file)
          .find("fitted to architectures of nas-bench-macro, found --space "
                "nats-tss") != std::string::npos);
  CHECK(
      refusal("nas-bench-macro", truth.path)
          .find("no predictor of zcp predict --save") != std::string::npos);
  CHECK(
      refusal("nas-bench-macro", "nowhere.json")
          .find("nowhere.json: cannot be read") != std::string::npos);
  const std::string text = read_file(predictor.file);
  const std::string cut =
      truth.folder.write("cut.json", text.substr(0, text.size() / 2));
  CHECK(refusal("nas-bench-macro", cut).find(cut) != std::string::npos);
}

TEST_CASE("search: ArchLock's oracle on TransNAS-Bench-101") {
  const auto path = shared("data/transnas_micro.csv");
  if (absent(path)) return;
  const TemporaryFolder folder;
  // Of SYSTEMS.md, section 4: no ties decide these.
  const std::map<std::string, std::string> optima{
      {"class_scene", "64-41414-2_02_323"},
      {"autoencoder", "64-41414-0_22_130"}};
  const Strings tasks{
      "class_scene",
      "class_object",
      "autoencoder",
      "normal",
      "jigsaw",
      "room_layout",
      "segmentsemantic"};
  for (const auto& [source, optimum] : optima) {
    CAPTURE(source);
    Strings others = tasks;
    std::erase(others, source);
    const std::string csv = folder.path() / (source + ".csv");
    const Strings space{
        "search",
        "--space",
        "transnas-micro",
        "--truth",
        path,
        "--algorithm",
        "exhaustive",
        "--quiet"};
    output_of(
        space + Strings{
                    "--by",
                    fmt::format("others=rank_sum({})", fmt::join(others, ",")),
                    "--csv",
                    csv});
    const json found = json::parse(output_of(
        space + Strings{
                    "--scores",
                    csv,
                    "--by",
                    fmt::format("d=rank_sum({0},{0},-others)", source),
                    "--json"}));
    CHECK(found["best"] == optimum);
  }
}

TEST_CASE("search keeps to what is fixed and forbidden") {
  const MacroTruth truth;
  const json found = json::parse(output_of(search(
      truth,
      {"--by",
       "valid",
       "--algorithm",
       "exhaustive",
       "--fix",
       "2=1",
       "--forbid",
       "8=2",
       "--forbid",
       "1=2",
       "--json"})));
  CHECK(found["best"] == "11222221");
  CHECK(found["evaluations"] == 2 * 1 * 3 * 3 * 3 * 3 * 3 * 2);
  for (const auto& [option, value] :
       {std::pair{"--fix", "9=1"}, {"--fix", "1=7"}, {"--forbid", "7"}}) {
    check_refused(search(truth, {"--by", "valid", option, value}), value);
  }
  check_refused(
      search(truth, {"--by", "valid", "--fix", "1=2", "--forbid", "2"}),
      "--fix 1=2");
  check_refused(
      search(
          truth, {"--by", "valid", "--algorithm", "random", "--prefer", "1=2"}),
      "--prefer");
}

TEST_CASE("search writes a page") {
  const MacroTruth truth;
  const std::string html = truth.folder.path() / "page.html";
  output_of(search(
      truth,
      {"--by",
       "valid",
       "--algorithm",
       "evolution,random",
       "--evaluations",
       "50",
       "--html",
       html}));
  const std::string page = read_file(html);
  const std::string start = "<script type=\"application/json\" id=\"data\">";
  const std::size_t from = page.find(start) + start.size();
  const json data =
      json::parse(page.substr(from, page.find("</script", from) - from));
  CHECK(data["name"] == "evolution");
  CHECK(data["others"][0]["name"] == "random");
  CHECK(data["arch"].size() == 50);
  CHECK(data["places"].size() == 9);  // eight, and anywhere
  CHECK(data["columns"][0]["name"] == "valid");
  CHECK(data["takes_start"] == true);
  CHECK(data["others"][0]["takes_start"] == false);
  const auto command = data["command"].get<Strings>();
  CHECK(command[1] == "search");
  CHECK(command.back() == "evolution");
  // Files by their names, and none that was written.
  CHECK(page.find(truth.folder.path().string()) == std::string::npos);
  for (const std::string& word : command) CHECK(word != "--html");
}

TEST_CASE("search prints its front in every format") {
  const MacroTruth truth;
  const auto as = [&](const std::string& format) {
    return output_of(search(
        truth,
        {"--by",
         "valid,-ms",
         "--algorithm",
         "exhaustive",
         "--max",
         "ms=2",
         "--costs",
         truth.path,
         "--format",
         format}));
  };
  CHECK(
      as("markdown").find("| architecture | valid | ms | step |") !=
      std::string::npos);
  CHECK(as("latex").find("\\begin{tabular}{lrrr}") != std::string::npos);
  const std::string csv = as("csv");
  CHECK(csv.starts_with("architecture,valid,ms,step\n"));
  CHECK(
      json::parse(as("json"))["front"].size() + 1 ==
      static_cast<std::size_t>(
          std::ranges::count(csv.substr(0, csv.find("\n\n") + 1), '\n')));
  check_refused(search(truth, {"--by", "valid", "--format", "word"}), "word");
  // Of several searches each row says whose it is, and each field is a number.
  const Strings several{
      "--by", "valid", "--metric", "test", "--algorithm", "random,local"};
  const Strings replays{"--evaluations", "10", "--repeats", "3"};
  const std::string text =
      output_of(search(truth, several + replays + Strings{"--format", "csv"}));
  auto rows = csv_rows(text);
  std::erase_if(rows, [](const Strings& row) { return row.size() < 4; });
  CHECK(rows[0] == Strings{"architecture", "valid", "step", "algorithm"});
  CHECK(rows[1].back() == "random");
  const Strings header{"algorithm", "queries", "test", "test_low", "test_high"};
  const auto curves = std::ranges::find(rows, header);
  REQUIRE(rows.end() - curves == 1 + 3 * 2);
  CHECK((curves - 1)->back() == "local");
  const auto object = json::parse(output_of(
      search(truth, several + replays + Strings{"--format", "json"})));
  // Regret is the optimum less what is shown: 30 is the greatest of `test`.
  const double regret = object[1]["regret"].back()[1];
  const Strings& local = curves[4];
  CHECK(local[0] == "local");
  CHECK(local[1] == "10");
  CHECK(std::stod(local[2]) == doctest::Approx(30 - regret));
  CHECK(std::stod(local[3]) < std::stod(local[4]));
  CHECK(text.find("\n\"random, exactly\",10,") != std::string::npos);
  CHECK(text.ends_with(",,\n"));
}
